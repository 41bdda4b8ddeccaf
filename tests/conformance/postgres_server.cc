#include "conformance/postgres_server.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "support/temp_dir.h"

namespace atelier::testing {
namespace {

namespace fs = std::filesystem;

// Debian's, the newest of them.
fs::path Programs() {
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(version.path() / "bin/initdb")) found.push_back(version.path() / "bin");
  INFO("PostgreSQL's server is not installed (tools/debian-packages.txt)");
  REQUIRE_FALSE(found.empty());
  return *std::max_element(found.begin(), found.end());
}

class PostgresServer {
 public:
  PostgresServer() : programs_(Programs()) {
    // PostgreSQL refuses to run as root.
    if (::geteuid() == 0) {
      const passwd* user = ::getpwnam("postgres");
      REQUIRE(user != nullptr);
      REQUIRE(::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) == 0);
      as_user_ = "runuser -u postgres -- ";
    }
    Run("initdb --no-sync -A trust -U atelier -E UTF8 --locale=C.UTF-8 -D " + data());
    Start();
  }
  ~PostgresServer() { Stop(); }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void Start() {
    Run("pg_ctl -w -s -D " + data() + " -l " + folder_.path().string() +
        "/log -o \"-c listen_addresses='' -k " + folder_.path().string() +
        " -c fsync=off -c max_connections=200\" start");
  }
  void Stop() {
    (void)std::system((Command("pg_ctl -s -m immediate -D " + data() + " stop")).c_str());
  }
  std::string FreshUrl() {
    const std::string schema = "s" + std::to_string(++schemas_);
    const std::string database =
        "host=" + folder_.path().string() + " user=atelier dbname=postgres";
    Run("psql -q -c 'CREATE SCHEMA " + schema + "' '" + database + "'");
    return database + " options='-c search_path=" + schema + "'";
  }

 private:
  std::string data() const { return folder_.path().string() + "/data"; }
  std::string Command(const std::string& command) const {
    return as_user_ + programs_.string() + "/" + command + " >/dev/null";
  }
  void Run(const std::string& command) const {
    INFO(command);
    REQUIRE(std::system(Command(command).c_str()) == 0);
  }

  const fs::path programs_;
  TempDir folder_;
  std::string as_user_;
  int schemas_ = 0;
};

PostgresServer& TheServer() {
  static PostgresServer server;
  return server;
}

}  // namespace

std::string FreshPostgresUrl() { return TheServer().FreshUrl(); }

void StopPostgres() { TheServer().Stop(); }

void StartPostgres() { TheServer().Start(); }

}  // namespace atelier::testing
