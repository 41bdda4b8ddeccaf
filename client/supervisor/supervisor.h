// Supervisor: keeps the processes of one machine's Atelier running as children of this process.
//
//   Start:  in the given order; a child is started when the one before it has announced itself with
//           a line `listening grpc=PORT metrics=PORT`.
//   Crash:  a child that ends is started again with the same command after a back-off that doubles
//           and falls back to its first value once a child has lived `healthy_after`.
//   Refusal: a child that exits by itself before it was ever ready will not start next time either
//           (a port or the data folder is taken, a model is not there): everything ends at once.
//   Stop:   in reverse order, one at a time: SIGTERM, `drain_grace`, SIGKILL.
//
//   child:  waiting -> running <-> backing off;  any -> stopped
//
// Thread rule: everything, handlers included, happens on the one thread that calls Run().
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "client/supervisor/child_process.h"

namespace atelier::supervisor {

/// What a child says of itself when it is ready.
struct Listening {
  int grpc_port = 0;
  int metrics_port = 0;
};

/// The ports of a line `listening grpc=PORT metrics=PORT`; nothing for any other line.
std::optional<Listening> ParseListening(std::string_view line);

struct ChildSpec {
  /// Unique; in front of its log lines.
  std::string name;
  /// argv; command[0] is the path of the program. Ports in it are fixed ones, so that a child that
  /// is started again is found where it was.
  std::vector<std::string> command;
};

/// Calls back later, on the supervisor's thread.
class Timers {
 public:
  virtual ~Timers() = default;
  virtual void After(std::chrono::milliseconds delay, std::function<void()> done) = 0;
};

struct SupervisorOptions {
  /// In the order of their start.
  std::vector<ChildSpec> children;
  /// Wait before the first restart; doubles with every further one.
  std::chrono::milliseconds first_backoff = std::chrono::milliseconds(250);
  std::chrono::milliseconds longest_backoff = std::chrono::seconds(10);
  /// A child that lived this long starts again with first_backoff.
  std::chrono::milliseconds healthy_after = std::chrono::seconds(30);
  /// How long a child may take over SIGTERM.
  std::chrono::milliseconds drain_grace = std::chrono::seconds(15);
  /// A child that ends so many times in a row without announcing itself in between cannot start,
  /// and the supervisor gives up. 0 = never. One that was never ready and exits by itself has one
  /// try.
  int max_failed_starts = 5;
  /// A line of a child's stdout or stderr, or one of the supervisor's own about it.
  std::function<void(std::string_view child, std::string_view line)> on_line;
  /// Once, when every child has announced itself; in the order of `children`.
  std::function<void(const std::vector<Listening>&)> on_ready;
  /// Null: timers of the io_context.
  Timers* timers = nullptr;
  /// Null: the system's.
  const Clock* clock = nullptr;
};

class Supervisor {
 public:
  Supervisor(boost::asio::io_context& io, SupervisorOptions options);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Starts the children and returns when all of them have ended after Stop(). An error when a
  /// child could not be started (CANNOT_START, with its last line) or kept being killed before it
  /// was ready (CRASH_LOOP); the others have been drained then, too.
  Status Run();
  /// Begins the drain; a second call kills what is left at once.
  void Stop();

  /// The process id of a running child, for whoever wants to signal it. REQUIRES: index in range.
  std::optional<int> PidOf(size_t index) const;

 private:
  struct Child;

  void Start(size_t index);
  void OnLine(size_t index, std::string_view line);
  void OnAnnounced(size_t index, const Listening& listening);
  void OnExit(size_t index, const ExitStatus& status);
  /// Why there is no sense in starting the child again after it ended with `status`.
  std::optional<Error> WhyNotAgain(const Child& child, const ExitStatus& status) const;
  void StartLater(size_t index);
  void GiveUp(Error error);
  /// Asks the last running child to end, or ends Run() when there is none.
  void DrainNext();
  std::chrono::milliseconds NextBackoff(Child& child) const;
  void Say(const Child& child, std::string_view line) const;

  boost::asio::io_context& io_;
  const SupervisorOptions options_;
  std::unique_ptr<Timers> own_timers_;
  Timers* timers_;
  const Clock* clock_;
  std::vector<Child> children_;
  bool announced_all_ = false;
  bool draining_ = false;
  std::optional<Error> error_;
};

}  // namespace atelier::supervisor
