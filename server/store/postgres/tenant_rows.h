// What a tenant has waiting and running, what it used, and its tokens.
#pragma once

#include <string>
#include <vector>

#include "server/store/job_store.h"
#include "server/store/postgres/connection.h"
#include "server/store/token_store.h"

namespace atelier::server::postgres {

/// JobStore::LoadOfTenant, and in two parts: what goes with the next statement, and what it said.
Result<TenantLoad> LoadOfTenant(Connection& connection, const std::string& tenant);
Status AskLoadOfTenant(Connection& connection, const std::string& tenant, Rows& load);
TenantLoad TenantLoadOf(const Rows& load);
Result<int64_t> CountRunning(Connection& connection, const std::string& tenant);

/// JobStore::UsageOf and ListUsage.
Result<TenantUsage> UsageOf(Connection& connection, const std::string& tenant);
Result<std::vector<TenantUsage>> AllUsage(Connection& connection);

/// TokenStore's.
Status WriteToken(Connection& connection, const TokenRecord& token);
Result<std::vector<TokenRecord>> ReadTokens(Connection& connection);
Result<int64_t> DeleteTokensOf(Connection& connection, const std::string& tenant);

}  // namespace atelier::server::postgres
