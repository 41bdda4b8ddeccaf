// TokenStore: the durable table of tokens. A token's text is not in it, only a hash of it.
//
// Every method is one transaction. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::server {

/// One token as the store keeps it. Times are wall clock.
struct TokenRecord {
  /// The {token} of `tokens/{token}`, 16 hex digits.
  std::string id;
  /// SHA-256 of the text that callers send, 64 hex digits.
  std::string hash;
  std::string tenant;
  /// Bit N: the right whose number in atelier.v1.Right is N.
  int64_t rights = 0;
  /// What it is for, for people.
  std::string note;
  int64_t create_time_ms = 0;
  /// 0: never.
  int64_t expire_time_ms = 0;
  /// 0: it was not revoked.
  int64_t revoke_time_ms = 0;

  bool operator==(const TokenRecord&) const = default;
};

class TokenStore {
 public:
  virtual ~TokenStore() = default;

  /// Adds a token, or writes over the one of that id.
  virtual Status PutToken(const TokenRecord& token) = 0;
  /// Every token, by id.
  virtual Result<std::vector<TokenRecord>> ListTokens() = 0;
  /// Forgets the tenant's tokens; returns how many.
  virtual Result<int64_t> RemoveTokensOf(const std::string& tenant) = 0;
};

}  // namespace atelier::server
