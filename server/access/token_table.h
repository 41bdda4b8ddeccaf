// TokenTable: the tokens that callers bring, in memory over the rows of the store.
//
// A token's text is "atl_" and its id, "_" and 64 hex digits of secret. The id finds the row; the
// whole text is compared by its SHA-256, which is as good as the text to check it and tells nobody
// the text: with 256 random bits there is nothing to try out. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "server/access/caller.h"
#include "server/peers/sharing.h"
#include "server/store/token_store.h"

namespace atelier::server {

/// A new token and its text, which is kept nowhere.
struct NewToken {
  TokenRecord token;
  std::string secret;
};

class TokenTable {
 public:
  static constexpr size_t kMaxTokens = 10'000;

  /// References must outlive it. `sharing` is null where the store is this server's alone.
  TokenTable(TokenStore& store, const Clock& clock, Sharing* sharing = nullptr)
      : store_(store), clock_(clock), sharing_(sharing) {}

  /// Takes over what the store holds; call once before serving, and of a shared store every few
  /// seconds and when another server says that it changed.
  Status Recover();

  /// `ttl` 0: until it is revoked. RESOURCE_EXHAUSTED / TOO_MANY_TOKENS.
  Result<NewToken> Create(const std::string& tenant, const Rights& rights, std::chrono::seconds ttl,
                          const std::string& note);
  /// NOT_FOUND / TOKEN_NOT_FOUND. One that is revoked already stays as it is.
  Result<TokenRecord> Revoke(const std::string& id);
  /// The newest first.
  std::vector<TokenRecord> List() const;
  /// Forgets the tenant's tokens, whose calls are refused from now on; returns how many.
  Result<int64_t> RemoveOf(const std::string& tenant);

  /// Whose token `text` is. UNAUTHENTICATED: BAD_TOKEN, TOKEN_EXPIRED or TOKEN_REVOKED.
  Result<Caller> Find(std::string_view text) const;
  /// Whether the token that Find() found is still good. Find()'s errors; one that was removed is
  /// BAD_TOKEN. Cheap: for calls that wait, asked often.
  Status Check(const std::string& id) const;

 private:
  int64_t NowMs() const;
  void TellOthers();

  TokenStore& store_;
  const Clock& clock_;
  Sharing* const sharing_;
  // Held over the store's calls, so that Recover() undoes nothing that is on its way there.
  Mutex changing_;
  mutable Mutex mutex_;
  std::map<std::string, TokenRecord, std::less<>> tokens_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
