// The rows of the table `tokens`.
#pragma once

#include <string>
#include <vector>

#include "server/store/sqlite/database.h"
#include "server/store/token_store.h"

namespace atelier::server {

/// TokenStore::PutToken, ListTokens and RemoveTokensOf.
Status WriteToken(Database& database, const TokenRecord& token);
Result<std::vector<TokenRecord>> ReadTokens(Database& database);
Result<int64_t> DeleteTokensOf(Database& database, const std::string& tenant);

}  // namespace atelier::server
