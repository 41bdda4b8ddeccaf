// PostgresProcess: a PostgreSQL server of one's own in a folder, on a Unix socket alone. It starts
// in about a second and ends with the object.
#pragma once

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace atelier::testing {

class PostgresProcess {
 public:
  /// Below `folder`, which is empty. `syncs`: whether a commit is on disk when it returns.
  PostgresProcess(std::filesystem::path folder, bool syncs)
      : folder_(std::move(folder)), syncs_(syncs) {}
  ~PostgresProcess() { Stop(); }
  PostgresProcess(const PostgresProcess&) = delete;
  PostgresProcess& operator=(const PostgresProcess&) = delete;

  /// Makes the data and starts the server. Call once; after Stop(), Start().
  Status Make() {
    // Debian's, the newest of them.
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
      if (std::filesystem::exists(version.path() / "bin/initdb"))
        programs_ = std::max(programs_, version.path() / "bin");
    if (programs_.empty())
      return MakeError(Code::kFailedPrecondition, "NO_POSTGRESQL",
                       "PostgreSQL's server is not installed (tools/debian-packages.txt)");
    // PostgreSQL refuses to run as root.
    if (::geteuid() == 0) {
      const passwd* user = ::getpwnam("postgres");
      if (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0)
        return MakeError(Code::kFailedPrecondition, "NO_POSTGRESQL",
                         "cannot give " + folder_.string() + " to the user postgres");
      as_user_ = "runuser -u postgres -- ";
    }
    ATELIER_RETURN_IF_ERROR(
        Run("initdb --no-sync -A trust -U atelier -E UTF8 --locale=C.UTF-8 -D " + data()));
    return Start();
  }
  Status Start() {
    return Run("pg_ctl -w -s -D " + data() + " -l " + folder_.string() +
               "/log -o \"-c listen_addresses='' -k " + folder_.string() +
               " -c fsync=" + (syncs_ ? "on" : "off") + " -c max_connections=200\" start");
  }
  /// At once, as a crash does.
  void Stop() {
    if (programs_.empty()) return;
    (void)std::system(Command("pg_ctl -s -m immediate -D " + data() + " stop").c_str());
  }
  /// Runs statements as the database's owner.
  Status Psql(const std::string& sql) const {
    return Run("psql -q -c \"" + sql + "\" '" + database() + "'");
  }
  std::string database() const {
    return "host=" + folder_.string() + " user=atelier dbname=postgres";
  }
  /// The URL of a fresh, empty schema.
  Result<std::string> FreshUrl() {
    const std::string schema = "s" + std::to_string(++schemas_);
    ATELIER_RETURN_IF_ERROR(Psql("CREATE SCHEMA " + schema));
    return database() + " options='-c search_path=" + schema + "'";
  }

 private:
  std::string data() const { return folder_.string() + "/data"; }
  std::string Command(const std::string& command) const {
    return as_user_ + programs_.string() + "/" + command + " >/dev/null";
  }
  Status Run(const std::string& command) const {
    if (std::system(Command(command).c_str()) == 0) return {};
    return MakeError(Code::kInternal, "POSTGRESQL_FAILED", "failed: " + command);
  }

  const std::filesystem::path folder_;
  const bool syncs_;
  std::filesystem::path programs_;
  std::string as_user_;
  int schemas_ = 0;
};

}  // namespace atelier::testing
