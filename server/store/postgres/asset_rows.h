// Which tenants stored which picture; see JobStore's functions of the same meaning.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/store/job_store.h"
#include "server/store/postgres/connection.h"

namespace atelier::server::postgres {

Status InsertOwner(Connection& connection, const AssetOwner& owner);
Result<std::vector<AssetOwner>> OwnersOf(Connection& connection, const std::string& digest);
Result<std::optional<AssetOwner>> OwnerOf(Connection& connection, const std::string& digest,
                                          const std::string& tenant);
Status DeleteOwners(Connection& connection, const std::string& digest);
Status DeleteOwner(Connection& connection, const std::string& digest, const std::string& tenant);
Result<std::vector<AssetOwner>> AssetsOf(Connection& connection, const std::string& tenant,
                                         int limit, const AssetPlace& after);
Result<std::vector<std::string>> UnsizedAssets(Connection& connection, int limit);
Status SizeAsset(Connection& connection, const std::string& digest, int64_t bytes);

}  // namespace atelier::server::postgres
