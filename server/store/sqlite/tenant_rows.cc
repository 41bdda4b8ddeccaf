#include "server/store/sqlite/tenant_rows.h"

namespace atelier::server {
namespace {

TenantUsage ReadUsage(const Statement& row) {
  return {row.Bytes(0), row.Integer(1), row.Integer(2), row.Integer(3)};
}

}  // namespace

Result<TenantLoad> LoadOfTenant(Database& database, const std::string& tenant) {
  TenantLoad load;
  {
    ATELIER_ASSIGN_OR_RETURN(
        Statement query,
        database.Prepare("SELECT SUM(queued), SUM(step_pixels) FROM lanes WHERE tenant = ?"));
    ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, query.BindText(1, tenant).Step());
    load.queued = query.Integer(0);
    load.step_pixels = query.Integer(1);
  }
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           database.Prepare("SELECT COUNT(*), SUM(step_pixels) FROM jobs"
                                            " WHERE state = 2 AND tenant = ?"));
  ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, query.BindText(1, tenant).Step());
  load.running = query.Integer(0);
  load.step_pixels += query.Integer(1);
  return load;
}

Result<int64_t> CountRunning(Database& database, const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare("SELECT COUNT(*) FROM jobs WHERE state = 2 AND tenant = ?"));
  ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, query.BindText(1, tenant).Step());
  return query.Integer(0);
}

Result<TenantUsage> UsageOf(Database& database, const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           database.Prepare("SELECT tenant, device_ms, pictures, stored_bytes"
                                            " FROM tenant_usage WHERE tenant = ?"));
  ATELIER_ASSIGN_OR_RETURN(const bool row, query.BindText(1, tenant).Step());
  return row ? ReadUsage(query) : TenantUsage{tenant};
}

Result<std::vector<TenantUsage>> AllUsage(Database& database) {
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           database.Prepare("SELECT tenant, device_ms, pictures, stored_bytes"
                                            " FROM tenant_usage ORDER BY tenant"));
  std::vector<TenantUsage> usage;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return usage;
    usage.push_back(ReadUsage(query));
  }
}

}  // namespace atelier::server
