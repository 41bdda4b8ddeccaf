#include "server/store/sqlite/asset_rows.h"

namespace atelier::server {

Status InsertOwner(Database& database, const AssetOwner& owner) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement insert,
      database.Prepare("INSERT OR IGNORE INTO asset_owners (digest, tenant, create_time_ms)"
                       " VALUES (?, ?, ?)"));
  return insert.BindText(1, owner.digest)
      .BindText(2, owner.tenant)
      .Bind(3, owner.create_time_ms)
      .Run();
}

Result<std::vector<AssetOwner>> OwnersOf(Database& database, const std::string& digest) {
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           database.Prepare("SELECT tenant, create_time_ms FROM asset_owners"
                                            " WHERE digest = ? ORDER BY tenant"));
  query.BindText(1, digest);
  std::vector<AssetOwner> owners;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return owners;
    owners.push_back({digest, query.Bytes(0), query.Integer(1)});
  }
}

Result<bool> IsOwner(Database& database, const std::string& digest, const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare("SELECT 1 FROM asset_owners WHERE digest = ? AND tenant = ?"));
  return query.BindText(1, digest).BindText(2, tenant).Step();
}

Status DeleteOwners(Database& database, const std::string& digest) {
  ATELIER_ASSIGN_OR_RETURN(Statement remove,
                           database.Prepare("DELETE FROM asset_owners WHERE digest = ?"));
  return remove.BindText(1, digest).Run();
}

}  // namespace atelier::server
