#include "server/store/sqlite/asset_rows.h"

namespace atelier::server {

Status InsertOwner(Database& database, const AssetOwner& owner) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement insert,
      database.Prepare("INSERT OR IGNORE INTO asset_owners (digest, tenant, create_time_ms, bytes)"
                       " VALUES (?, ?, ?, ?)"));
  return insert.BindText(1, owner.digest)
      .BindText(2, owner.tenant)
      .Bind(3, owner.create_time_ms)
      .Bind(4, owner.bytes)
      .Run();
}

Result<std::vector<AssetOwner>> OwnersOf(Database& database, const std::string& digest) {
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           database.Prepare("SELECT tenant, create_time_ms, bytes FROM asset_owners"
                                            " WHERE digest = ? ORDER BY tenant"));
  query.BindText(1, digest);
  std::vector<AssetOwner> owners;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return owners;
    owners.push_back({digest, query.Bytes(0), query.Integer(1), query.Integer(2)});
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

Result<std::vector<std::string>> UnsizedAssets(Database& database, int limit) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare("SELECT DISTINCT digest FROM asset_owners WHERE bytes = 0 LIMIT ?"));
  query.Bind(1, limit);
  std::vector<std::string> digests;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return digests;
    digests.push_back(query.Bytes(0));
  }
}

Status SizeAsset(Database& database, const std::string& digest, int64_t bytes) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement update,
      database.Prepare("UPDATE asset_owners SET bytes = ? WHERE digest = ? AND bytes = 0"));
  return update.Bind(1, bytes).BindText(2, digest).Run();
}

Result<std::optional<AssetOwner>> OwnerOf(Database& database, const std::string& digest,
                                          const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           database.Prepare("SELECT create_time_ms, bytes FROM asset_owners"
                                            " WHERE digest = ? AND tenant = ?"));
  ATELIER_ASSIGN_OR_RETURN(const bool row, query.BindText(1, digest).BindText(2, tenant).Step());
  if (!row) return std::optional<AssetOwner>();
  return std::optional<AssetOwner>({digest, tenant, query.Integer(0), query.Integer(1)});
}

Result<std::vector<AssetOwner>> AssetsOf(Database& database, const std::string& tenant, int limit,
                                         const AssetPlace& after) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare("SELECT digest, create_time_ms, bytes FROM asset_owners WHERE tenant = ?1"
                       " AND create_time_ms <= ?2 AND (create_time_ms < ?2 OR digest > ?3)"
                       " ORDER BY create_time_ms DESC, digest LIMIT ?4"));
  query.BindText(1, tenant).Bind(2, after.create_time_ms).BindText(3, after.digest).Bind(4, limit);
  std::vector<AssetOwner> assets;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return assets;
    assets.push_back({query.Bytes(0), tenant, query.Integer(1), query.Integer(2)});
  }
}

Status DeleteOwner(Database& database, const std::string& digest, const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement remove,
      database.Prepare("DELETE FROM asset_owners WHERE digest = ? AND tenant = ?"));
  return remove.BindText(1, digest).BindText(2, tenant).Run();
}

}  // namespace atelier::server
