#include "server/store/sqlite/token_rows.h"

namespace atelier::server {

Status WriteToken(Database& database, const TokenRecord& token) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement put,
      database.Prepare("INSERT OR REPLACE INTO tokens (id, hash, tenant, rights, note,"
                       " create_time_ms, expire_time_ms, revoke_time_ms)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  return put.BindText(1, token.id)
      .BindText(2, token.hash)
      .BindText(3, token.tenant)
      .Bind(4, token.rights)
      .BindText(5, token.note)
      .Bind(6, token.create_time_ms)
      .Bind(7, token.expire_time_ms)
      .Bind(8, token.revoke_time_ms)
      .Run();
}

Result<std::vector<TokenRecord>> ReadTokens(Database& database) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare("SELECT id, hash, tenant, rights, note, create_time_ms, expire_time_ms,"
                       " revoke_time_ms FROM tokens ORDER BY id"));
  std::vector<TokenRecord> tokens;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return tokens;
    tokens.push_back({query.Bytes(0), query.Bytes(1), query.Bytes(2), query.Integer(3),
                      query.Bytes(4), query.Integer(5), query.Integer(6), query.Integer(7)});
  }
}

Result<int64_t> DeleteTokensOf(Database& database, const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(Statement remove,
                           database.Prepare("DELETE FROM tokens WHERE tenant = ?"));
  ATELIER_RETURN_IF_ERROR(remove.BindText(1, tenant).Run());
  return database.changes();
}

}  // namespace atelier::server
