// FaultProxy: stands between the servers and one of their stores, and makes the faults of a network
// and of what is behind it. It passes bytes on as they come and knows of PostgreSQL's and S3's
// protocols what its faults need. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace atelier::chaos {

/// An end of a connection: a path of a Unix socket, or a port of loopback.
struct SocketAddress {
  std::string path = {};
  int port = 0;
};

enum class ProxyFault {
  kNone,
  /// Nothing goes through, in either direction, and nothing is closed; it does later.
  kSilent,
  /// Every connection is closed, and so is every new one.
  kClosed,
  /// HTTP: 503 SlowDown to every request, which does not arrive.
  kBusy,
  /// HTTP: half of the body of every answer that has one, and then the end of the connection.
  kHalfBody,
};

class FaultProxy {
 public:
  /// Takes connections at `listen`, a path or, with port 0, any free port; connects each with
  /// `target`. Aborts the program when it cannot listen.
  FaultProxy(const SocketAddress& listen, const SocketAddress& target);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  int port() const { return port_; }

  void Make(ProxyFault fault) { fault_ = fault; }
  /// Every answer comes so much later.
  void SetDelay(std::chrono::milliseconds delay) { delay_ = delay; }
  /// The next `count` COMMITs of PostgreSQL arrive and are done, whatever was sent with them; their
  /// answers are not passed on, and their connections are closed.
  void CutAfterCommits(int count) { commits_to_cut_ = count; }
  /// No fault from now on.
  void Heal();
  /// How many connections were closed, requests refused or answers cut since the start.
  int64_t faults_met() const { return met_; }

 private:
  struct Link {
    int client = -1;
    int target = -1;
    // Names of prepared statements that are a COMMIT.
    std::set<std::string> commits = {};
    // The answer of a COMMIT is awaited that the client shall not see.
    bool cut_answer = false;
  };

  void Accept();
  void Pump(Link link);
  // False ends the connection.
  bool PassRequest(Link& link);
  bool PassAnswer(Link& link);
  bool SendHalf(int client, const std::string& answer);

  const SocketAddress target_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> over_ = false;
  std::atomic<ProxyFault> fault_ = ProxyFault::kNone;
  std::atomic<std::chrono::milliseconds> delay_{std::chrono::milliseconds(0)};
  std::atomic<int> commits_to_cut_ = 0;
  std::atomic<int64_t> met_ = 0;
  std::atomic<int> pumps_ = 0;
  std::thread accepting_;
};

}  // namespace atelier::chaos
