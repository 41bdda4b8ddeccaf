// Database: a PostgreSQL of the program's own, which syncs, with a proxy in front of it through
// which the servers reach it, and a panel of faults of its disk.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "chaos/fault_panel.h"
#include "chaos/stores/fault_proxy.h"
#include "stores/postgres_process.h"

namespace atelier::chaos {

class Database {
 public:
  /// Starts it when it is first asked for. FAILED_PRECONDITION / NO_POSTGRES.
  static Result<Database*> Get();

  /// An empty schema from now on, and no faults.
  Status Refresh();

  /// What the servers are told.
  std::string url() const { return Url(proxy_folder()); }
  testing::PostgresProcess& process() { return process_; }
  FaultProxy& proxy() { return proxy_; }
  FaultPanel& panel() { return panel_; }

  /// Statements past the proxy; the first column of what the last one returns, as text.
  Result<std::vector<std::string>> Ask(const std::string& sql) const;

 private:
  Database();
  std::string Url(const std::filesystem::path& socket) const {
    return testing::PostgresProcess::Url(socket) + schema_;
  }
  std::filesystem::path proxy_folder() const { return folder_.path(); }

  const testing::TempDir folder_;
  FaultPanel panel_;
  testing::PostgresProcess process_;
  FaultProxy proxy_;
  std::string schema_;
};

}  // namespace atelier::chaos
