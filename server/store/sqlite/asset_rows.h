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

}  // namespace atelier::server
