// ChildProcess: one running child of this process, its lines and its end.
//
// It runs in a process group of its own, so that Ctrl-C at a terminal reaches the supervisor alone,
// and the kernel kills it when the thread that started it dies. Everything happens on the thread
// that runs the io_context; start children from that thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace atelier::supervisor {

/// How a process ended: by exit code, or by a signal (then signal > 0).
struct ExitStatus {
  int code = 0;
  int signal = 0;
};

/// "exited with code 3", "was killed by signal 9".
std::string Describe(const ExitStatus& status);

struct ChildHandlers {
  /// One line of stdout or stderr without its end. Over-long lines come in pieces of 64 KiB.
  std::function<void(std::string_view line)> on_line;
  /// Where lines of stderr go instead; empty: to on_line.
  std::function<void(std::string_view line)> on_error_line = {};
  /// Once, after the last line the process wrote.
  std::function<void(const ExitStatus&)> on_exit;
};

class ChildProcess {
 public:
  /// Starts `command`; command[0] is the path of the program. NOT_FOUND or PERMISSION_DENIED when
  /// it cannot be run.
  static Result<std::unique_ptr<ChildProcess>> Start(boost::asio::io_context& io,
                                                     const std::vector<std::string>& command,
                                                     ChildHandlers handlers);
  ~ChildProcess();

  int pid() const;
  /// Sends `signal` to the process; SIGKILL goes to its whole group.
  void Signal(int signal);

 private:
  struct Impl;
  explicit ChildProcess(std::shared_ptr<Impl> impl);

  // Shared with the handlers that wait in the io_context.
  const std::shared_ptr<Impl> impl_;
};

}  // namespace atelier::supervisor
