// What tenants have and used, read from the rows that count it (migrations/0008_tenants.sql).
#pragma once

#include <string>
#include <vector>

#include "server/store/job_store.h"
#include "server/store/sqlite/database.h"

namespace atelier::server {

/// JobStore::LoadOfTenant.
Result<TenantLoad> LoadOfTenant(Database& database, const std::string& tenant);
/// Of these the running jobs alone.
Result<int64_t> CountRunning(Database& database, const std::string& tenant);
/// JobStore::UsageOf and ListUsage.
Result<TenantUsage> UsageOf(Database& database, const std::string& tenant);
Result<std::vector<TenantUsage>> AllUsage(Database& database);

}  // namespace atelier::server
