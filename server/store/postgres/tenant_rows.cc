#include "server/store/postgres/tenant_rows.h"

namespace atelier::server::postgres {
namespace {

constexpr std::string_view kUsageColumns =
    "SUM(device_ms)::BIGINT, SUM(pictures)::BIGINT, SUM(stored_bytes)::BIGINT FROM tenant_usage";

}  // namespace

Status AskLoadOfTenant(Connection& connection, const std::string& tenant, Rows& load) {
  return connection.RunLater(
      "SELECT waiting.queued, waiting.cost, at_work.running, at_work.cost FROM"
      " (SELECT SUM(queued)::BIGINT AS queued, SUM(step_pixels)::BIGINT AS cost"
      "  FROM tenant_queues WHERE tenant = $1) AS waiting,"
      " (SELECT COUNT(*) AS running, SUM(step_pixels)::BIGINT AS cost"
      "  FROM jobs WHERE state = 2 AND tenant = $1) AS at_work",
      {tenant}, &load);
}

TenantLoad TenantLoadOf(const Rows& load) {
  return {.queued = load.Integer(0, 0),
          .running = load.Integer(0, 2),
          .step_pixels = load.Integer(0, 1) + load.Integer(0, 3)};
}

Result<TenantLoad> LoadOfTenant(Connection& connection, const std::string& tenant) {
  Rows load;
  ATELIER_RETURN_IF_ERROR(AskLoadOfTenant(connection, tenant, load));
  ATELIER_RETURN_IF_ERROR(connection.Await());
  return TenantLoadOf(load);
}

Result<int64_t> CountRunning(Connection& connection, const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Run("SELECT COUNT(*) FROM jobs WHERE state = 2 AND tenant = $1", {tenant}));
  return rows.Integer(0, 0);
}

Result<TenantUsage> UsageOf(Connection& connection, const std::string& tenant) {
  static const std::string sql = "SELECT " + std::string(kUsageColumns) + " WHERE tenant = $1";
  ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.Run(sql, {tenant}));
  return TenantUsage{tenant, rows.Integer(0, 0), rows.Integer(0, 1), rows.Integer(0, 2)};
}

Result<std::vector<TenantUsage>> AllUsage(Connection& connection) {
  static const std::string sql =
      "SELECT tenant, " + std::string(kUsageColumns) +
      " GROUP BY tenant HAVING SUM(device_ms) <> 0 OR SUM(pictures) <> 0 OR SUM(stored_bytes) <> 0"
      " ORDER BY tenant";
  ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.Run(sql));
  std::vector<TenantUsage> usage;
  for (int row = 0; row < rows.count(); ++row)
    usage.push_back(
        {rows.Bytes(row, 0), rows.Integer(row, 1), rows.Integer(row, 2), rows.Integer(row, 3)});
  return usage;
}

Status WriteToken(Connection& connection, const TokenRecord& token) {
  ATELIER_RETURN_IF_ERROR(connection.Run(
      "INSERT INTO tokens (id, hash, tenant, rights, note, create_time_ms, expire_time_ms,"
      " revoke_time_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
      " ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, tenant = excluded.tenant,"
      " rights = excluded.rights, note = excluded.note, create_time_ms = excluded.create_time_ms,"
      " expire_time_ms = excluded.expire_time_ms, revoke_time_ms = excluded.revoke_time_ms",
      {token.id, token.hash, token.tenant, token.rights, token.note, token.create_time_ms,
       token.expire_time_ms, token.revoke_time_ms}));
  return {};
}

Result<std::vector<TokenRecord>> ReadTokens(Connection& connection) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Run("SELECT id, hash, tenant, rights, note, create_time_ms, expire_time_ms,"
                     " revoke_time_ms FROM tokens ORDER BY id"));
  std::vector<TokenRecord> tokens;
  for (int row = 0; row < rows.count(); ++row)
    tokens.push_back({rows.Bytes(row, 0), rows.Bytes(row, 1), rows.Bytes(row, 2),
                      rows.Integer(row, 3), rows.Bytes(row, 4), rows.Integer(row, 5),
                      rows.Integer(row, 6), rows.Integer(row, 7)});
  return tokens;
}

Result<int64_t> DeleteTokensOf(Connection& connection, const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run("DELETE FROM tokens WHERE tenant = $1", {tenant}));
  return rows.changed();
}

}  // namespace atelier::server::postgres
