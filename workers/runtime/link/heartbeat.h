// Heartbeat: one report of a job that may be asked of two connections at once, because a server
// that stands still must not cost the lease. Whoever answers first counts. Thread-safe.
//
//     Ask(one) ... no answer for a while ... Ask(another) ... WaitForAnswer
//
// A report that arrives twice extends the same lease twice.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "runtime/link/server_connection.h"

namespace atelier::runtime {

class Heartbeat : public std::enable_shared_from_this<Heartbeat> {
 public:
  struct Answer {
    /// A server's; or where all who were asked broke off, what came of the last of them.
    grpc::Status status;
    v1::ReportProgressResponse response;
    std::shared_ptr<ServerConnection> connection;
    bool from_server = false;
  };

  static std::shared_ptr<Heartbeat> Make(v1::ReportProgressRequest request) {
    return std::shared_ptr<Heartbeat>(new Heartbeat(std::move(request)));
  }

  /// Asks over `connection` too, for at most `deadline` from now.
  void Ask(const std::shared_ptr<ServerConnection>& connection, std::chrono::milliseconds deadline);
  /// Waits for a server's answer, for `patience` at most. False: there is none yet, or all that
  /// were asked broke off.
  bool WaitForAnswer(std::chrono::milliseconds patience);
  /// Waits until a server answered or all who were asked broke off.
  Answer WaitForEnd();
  /// The server that was asked first and said nothing so far; empty when it said something or none
  /// could be reached.
  std::string SilentServer();
  /// Ends what is still being asked.
  void Cancel();

 private:
  struct Try {
    std::shared_ptr<ServerConnection> connection;
    grpc::ClientContext context;
    v1::ReportProgressResponse response;
    std::optional<grpc::Status> status;
  };

  explicit Heartbeat(v1::ReportProgressRequest request) : request_(std::move(request)) {}
  void End(Try& one, grpc::Status status);
  // Null when no server answered.
  const Try* Answered() const REQUIRES(mutex_);
  bool AllEnded() const REQUIRES(mutex_);

  const v1::ReportProgressRequest request_;
  Mutex mutex_;
  ConditionVariable changed_;
  // Each lives until its call has ended, which holds this object.
  std::vector<std::unique_ptr<Try>> tries_ GUARDED_BY(mutex_);
};

}  // namespace atelier::runtime
