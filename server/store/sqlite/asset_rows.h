// The rows of the table `asset_owners`.
#pragma once

#include <string>
#include <vector>

#include "server/store/job_store.h"
#include "server/store/sqlite/database.h"

namespace atelier::server {

/// An older row of the same picture and tenant stays.
Status InsertOwner(Database& database, const AssetOwner& owner);
/// By tenant.
Result<std::vector<AssetOwner>> OwnersOf(Database& database, const std::string& digest);
Result<bool> IsOwner(Database& database, const std::string& digest, const std::string& tenant);
Status DeleteOwners(Database& database, const std::string& digest);
/// JobStore::FindAssetOwner, ListAssetsOf and RemoveAssetOwner.
Result<std::optional<AssetOwner>> OwnerOf(Database& database, const std::string& digest,
                                          const std::string& tenant);
Result<std::vector<AssetOwner>> AssetsOf(Database& database, const std::string& tenant, int limit,
                                         const AssetPlace& after);
Status DeleteOwner(Database& database, const std::string& digest, const std::string& tenant);
/// Up to `limit` digests of rows whose bytes are not known.
Result<std::vector<std::string>> UnsizedAssets(Database& database, int limit);
/// Writes the bytes of such rows.
Status SizeAsset(Database& database, const std::string& digest, int64_t bytes);

}  // namespace atelier::server
