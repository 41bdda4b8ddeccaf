// Process: a real child process of a test, its stdout and stderr in files.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace atelier::testing {

class Process {
 public:
  /// Starts `command`; command[0] is the path of the program. Output goes to LOG.out and LOG.err.
  /// The kernel kills it when the test dies.
  Process(const std::vector<std::string>& command, const std::filesystem::path& log);
  /// Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int pid() const { return pid_; }
  void Signal(int signal) const;
  /// How it ended: exit code, or 128 + signal. Nothing when it still runs after `limit`.
  std::optional<int> Wait(std::chrono::milliseconds limit = std::chrono::seconds(30));
  /// The first line of stdout that starts with `prefix`; "" when there is none within `limit` or
  /// the process ended without it.
  std::string WaitForLine(const std::string& prefix,
                          std::chrono::milliseconds limit = std::chrono::seconds(60));
  /// Everything it wrote so far.
  std::string Stdout() const;
  std::string Stderr() const;

 private:
  bool HasEnded();

  const std::filesystem::path log_;
  int pid_ = -1;
  std::optional<int> status_;
};

}  // namespace atelier::testing
