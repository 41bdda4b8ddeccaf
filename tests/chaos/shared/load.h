// Load: clients that submit without a pause, each until it is acknowledged, while a fault is made.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "chaos/lab.h"

namespace atelier::chaos {

struct LoadOptions {
  int clients = 6;
  /// Of each job.
  int steps = 4;
  /// Of each client, between one submit and the next.
  std::chrono::milliseconds pause{40};
  /// The clients prefer the first so many servers, by turns; they pass over those that are away.
  int servers = 1;
};

class Load {
 public:
  /// The clients begin at once.
  Load(Lab& lab, const LoadOptions& options);
  /// Ends them, without booking.
  ~Load() { End(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// How long after `moment` each client had had a submit acknowledged since then.
  /// Broken when one is not within a minute.
  Seconds AwaitAll(Steady::time_point moment);
  /// Ends the clients, each after its last submit was acknowledged, and books what they were told.
  void Finish();

  int64_t acknowledged() const { return acknowledged_; }
  /// How long a submit took at most, from its first try until it was acknowledged.
  Seconds longest() const { return longest_.load(); }
  /// Tries that were answered with an error, by its reason.
  std::map<std::string, int64_t> refusals();

 private:
  struct Client {
    std::unique_ptr<Peer> peer;
    v1::JobSpec spec;
    std::string name;
    // When its last submit was acknowledged.
    std::atomic<Steady::time_point> ended{};
    std::map<std::string, std::string> answered;  // request id -> job
    std::map<std::string, int64_t> refusals;
    std::thread thread;
  };

  void Submit(Client& client);
  void End();

  Lab& lab_;
  const LoadOptions options_;
  std::atomic<bool> over_ = false;
  std::atomic<int64_t> acknowledged_ = 0;
  std::atomic<Seconds> longest_{Seconds(0)};
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace atelier::chaos
