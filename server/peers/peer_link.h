// PeerLink: the thread that sends this server's news to the others and receives theirs.
//
// It keeps one connection to the store, which it makes anew with pauses of 50 ms to 2 s when it is
// lost. Whatever others sent meanwhile is lost then, so the listener is told to look at everything.
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "server/peers/sharing.h"

namespace atelier::server {

/// Called by the link's thread, which others' news wait for.
class PeerListener {
 public:
  virtual ~PeerListener() = default;
  virtual void OnNews(const peers::v1::PeerNews& news) = 0;
  /// Anything may have been missed: at the start, and after the link was lost.
  virtual void OnConnected() = 0;
  /// The store's clock said `store_ms` at some moment from `asked` to now.
  virtual void OnTime(std::chrono::steady_clock::time_point asked, int64_t store_ms) = 0;
};

class PeerLink {
 public:
  /// References must outlive it.
  PeerLink(Sharing& sharing, PeerListener& listener);
  /// What is in the outbox is sent before, if the link stands.
  ~PeerLink();
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;

 private:
  void Run(const std::stop_token& stop);
  // Until the link is lost or a stop is requested.
  Status Exchange(NewsLink& link, const std::stop_token& stop);
  Status Send(NewsLink& link);
  Status AskTime(NewsLink& link);

  Sharing& sharing_;
  PeerListener& listener_;
  std::vector<std::string> unsent_;
  std::jthread thread_;
};

}  // namespace atelier::server
