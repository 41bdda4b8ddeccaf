// WholeStudio: `atelier up` on free ports over a fresh folder, and the commands run against it.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "client/local_file.h"
#include "integration/process.h"
#include "integration/studio.h"
#include "support/temp_dir.h"

namespace atelier::testing {

class WholeStudio {
 public:
  explicit WholeStudio(const std::filesystem::path& model = TinyModel())
      : up_({Program(), "up", "--data", (dir_.path() / "data").string(), "--models", model.string(),
             "--listen", "127.0.0.1:0", "--threads", "1", "--ready-file",
             (dir_.path() / "ready").string()},
            dir_.path() / "up") {
    std::istringstream line(up_.WaitForLine("ready "));
    INFO(up_.Stderr());
    std::string word;
    while (line >> word) {
      if (word.starts_with("server=")) server_ = word.substr(7);
    }
    REQUIRE_FALSE(server_.empty());
  }

  static std::string Program() { return std::string(ATELIER_BINARY_DIR) + "/atelier"; }

  /// Runs `atelier FLAGS... --server THIS`; returns its exit code. Its output is at File(log).
  int Run(std::vector<std::string> flags, const std::string& log) {
    flags.insert(flags.begin(), Program());
    flags.insert(flags.end(), {"--server", server_});
    Process command(flags, dir_.path() / log);
    return command.Wait(std::chrono::seconds(60)).value_or(-1);
  }

  std::string File(const std::string& name) const {
    return client::ReadFile(dir_.path() / name).value_or("");
  }
  std::string Path(const std::string& name) const { return (dir_.path() / name).string(); }
  void Write(const std::string& name, const std::string& bytes) {
    REQUIRE(client::WriteFile(dir_.path() / name, bytes).has_value());
  }

  /// Runs `script` in a shell where $A is this program and $S its server's address.
  int RunShell(const std::string& script, const std::string& log) {
    Process command({"/bin/sh", "-c",
                     "A=" + Program() + "; S='--server " + server_ + "'; cd " +
                         dir_.path().string() + "; " + script},
                    dir_.path() / log);
    return command.Wait(std::chrono::seconds(60)).value_or(-1);
  }

  Process& up() { return up_; }
  const std::string& server() const { return server_; }

  /// The pid of a child by its name, as the supervisor's log says; the last one started.
  int PidOf(const std::string& child) const {
    std::istringstream lines(up_.Stderr());
    int pid = 0;
    for (std::string line; std::getline(lines, line);) {
      const size_t at = line.find("started, pid ");
      if (line.starts_with(child) && at != std::string::npos) pid = std::stoi(line.substr(at + 13));
    }
    return pid;
  }

 private:
  TempDir dir_;
  Process up_;
  std::string server_;
};

/// One for every case that leaves its processes and the jobs of others alone; its files are shared,
/// too.
inline WholeStudio& SharedWholeStudio() {
  static WholeStudio studio;
  return studio;
}

}  // namespace atelier::testing
