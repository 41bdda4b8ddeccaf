// PostgresProcess: a PostgreSQL server of a test's own, on a Unix socket. Its child processes end
// when the test dies.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "integration/process.h"
#include "support/temp_dir.h"

namespace atelier::testing {

struct PostgresOptions {
  /// Whether a commit is on disk before it is answered. Without, a crash of the machine alone would
  /// lose anything.
  bool syncs = false;
  /// What the server's command begins with, such as env(1) with variables.
  std::vector<std::string> prefix = {};
};

class PostgresProcess {
 public:
  explicit PostgresProcess(PostgresOptions options) : options_(std::move(options)) {}
  ~PostgresProcess() { Kill(); }
  PostgresProcess(const PostgresProcess&) = delete;
  PostgresProcess& operator=(const PostgresProcess&) = delete;

  /// Starts it, for the first time over a new and empty database, or again over what there is;
  /// returns once it takes connections. FAILED_PRECONDITION / NO_POSTGRES when it is not installed
  /// (tools/debian-packages.txt) or does not start.
  Status Start();
  /// Ends every connection and the server without a checkpoint: `pg_ctl stop -m immediate`.
  void StopAtOnce();
  /// kill -9 of the server and of all its child processes.
  void Kill();
  /// Whether it still runs.
  bool runs() { return process_ && !process_->Wait(std::chrono::milliseconds(0)); }

  /// Where its socket is, and what else the user postgres may read.
  std::filesystem::path folder() const { return folder_.path(); }
  /// A connection string for the server whose socket is in the folder `socket`.
  static std::string Url(const std::filesystem::path& socket);
  /// Makes an empty schema; returns the option of a connection string that names it.
  Result<std::string> MakeSchema();
  /// Gives `path` to the user as whom the server runs.
  static bool GiveToServer(const std::filesystem::path& path);

 private:
  Status MakeDatabase();
  bool Run(const std::string& command) const;

  const PostgresOptions options_;
  const TempDir folder_;
  std::filesystem::path programs_;
  std::unique_ptr<Process> process_;
  int starts_ = 0;
  int schemas_ = 0;
};

}  // namespace atelier::testing
