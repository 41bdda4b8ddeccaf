#include "server/store/postgres/asset_rows.h"

namespace atelier::server::postgres {

Status InsertOwner(Connection& connection, const AssetOwner& owner) {
  return connection.RunLater(
      "INSERT INTO asset_owners (digest, tenant, create_time_ms, bytes)"
      " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
      {owner.digest, owner.tenant, owner.create_time_ms, owner.bytes});
}

Result<std::vector<AssetOwner>> OwnersOf(Connection& connection, const std::string& digest) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run("SELECT tenant, create_time_ms, bytes FROM asset_owners"
                                          " WHERE digest = $1 ORDER BY tenant",
                                          {digest}));
  std::vector<AssetOwner> owners;
  for (int row = 0; row < rows.count(); ++row)
    owners.push_back({digest, rows.Bytes(row, 0), rows.Integer(row, 1), rows.Integer(row, 2)});
  return owners;
}

Result<std::optional<AssetOwner>> OwnerOf(Connection& connection, const std::string& digest,
                                          const std::string& tenant) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run("SELECT create_time_ms, bytes FROM asset_owners"
                                          " WHERE digest = $1 AND tenant = $2",
                                          {digest, tenant}));
  if (rows.count() == 0) return std::optional<AssetOwner>();
  return std::optional<AssetOwner>({digest, tenant, rows.Integer(0, 0), rows.Integer(0, 1)});
}

Status DeleteOwners(Connection& connection, const std::string& digest) {
  return connection.RunLater("DELETE FROM asset_owners WHERE digest = $1", {digest});
}

Status DeleteOwner(Connection& connection, const std::string& digest, const std::string& tenant) {
  return connection.RunLater("DELETE FROM asset_owners WHERE digest = $1 AND tenant = $2",
                             {digest, tenant});
}

Result<std::vector<AssetOwner>> AssetsOf(Connection& connection, const std::string& tenant,
                                         int limit, const AssetPlace& after) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Run("SELECT digest, create_time_ms, bytes FROM asset_owners WHERE tenant = $1"
                     " AND create_time_ms <= $2 AND (create_time_ms < $2 OR digest > $3)"
                     " ORDER BY create_time_ms DESC, digest LIMIT $4",
                     {tenant, after.create_time_ms, after.digest, int64_t{limit}}));
  std::vector<AssetOwner> assets;
  for (int row = 0; row < rows.count(); ++row)
    assets.push_back({rows.Bytes(row, 0), tenant, rows.Integer(row, 1), rows.Integer(row, 2)});
  return assets;
}

Result<std::vector<std::string>> UnsizedAssets(Connection& connection, int limit) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Run("SELECT DISTINCT digest FROM asset_owners WHERE bytes = 0 LIMIT $1",
                     {int64_t{limit}}));
  std::vector<std::string> digests;
  for (int row = 0; row < rows.count(); ++row) digests.push_back(rows.Bytes(row, 0));
  return digests;
}

Status SizeAsset(Connection& connection, const std::string& digest, int64_t bytes) {
  return connection.RunLater("UPDATE asset_owners SET bytes = $1 WHERE digest = $2 AND bytes = 0",
                             {bytes, digest});
}

}  // namespace atelier::server::postgres
