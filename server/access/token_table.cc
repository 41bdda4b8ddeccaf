#include "server/access/token_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/hex.h"
#include "base/random_bytes.h"
#include "digest/sha256.h"
#include "rpc/refusals.h"
#include "rpc/secret.h"

namespace atelier::server {
namespace {

constexpr std::string_view kPrefix = "atl_";
constexpr size_t kIdDigits = 16;
constexpr size_t kSecretDigits = 64;

std::string RandomHex(size_t digits) {
  const std::string bytes = RandomBytes(digits / 2);
  return ToHex({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

/// Empty when `text` is no token's.
std::string_view IdOfText(std::string_view text) {
  constexpr size_t kLength = kPrefix.size() + kIdDigits + 1 + kSecretDigits;
  const bool shaped = text.size() == kLength && text.starts_with(kPrefix) &&
                      text[kPrefix.size() + kIdDigits] == '_';
  return shaped ? text.substr(kPrefix.size(), kIdDigits) : std::string_view();
}

Unexpected BadToken() {
  return MakeError(Code::kUnauthenticated, rpc::kBadToken, "the token is none of this server's");
}

// TOKEN_REVOKED or TOKEN_EXPIRED.
Status CheckLife(const TokenRecord& token, int64_t now_ms) {
  if (token.revoke_time_ms != 0) {
    return MakeError(Code::kUnauthenticated, rpc::kTokenRevoked,
                     "the token tokens/" + token.id + " was revoked");
  }
  if (token.expire_time_ms != 0 && token.expire_time_ms <= now_ms) {
    return MakeError(Code::kUnauthenticated, rpc::kTokenExpired,
                     "the token tokens/" + token.id + " has expired");
  }
  return {};
}

}  // namespace

int64_t TokenTable::NowMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.NowWall().time_since_epoch())
      .count();
}

Status TokenTable::Recover() {
  const MutexLock changing(changing_);
  ATELIER_ASSIGN_OR_RETURN(const std::vector<TokenRecord> stored, store_.ListTokens());
  const MutexLock lock(mutex_);
  std::map<std::string, TokenRecord, std::less<>> tokens;
  for (const TokenRecord& token : stored) {
    const auto known = tokens_.find(token.id);
    tokens[token.id] = token;
    // Whose revocation is not in the store stays revoked.
    if (known != tokens_.end() && token.revoke_time_ms == 0)
      tokens[token.id].revoke_time_ms = known->second.revoke_time_ms;
  }
  tokens_ = std::move(tokens);
  return {};
}

void TokenTable::TellOthers() {
  if (sharing_) sharing_->outbox.TokensChanged();
}

Result<NewToken> TokenTable::Create(const std::string& tenant, const Rights& rights,
                                    std::chrono::seconds ttl, const std::string& note) {
  {
    const MutexLock lock(mutex_);
    if (tokens_.size() >= kMaxTokens) {
      return MakeError(Code::kResourceExhausted, "TOO_MANY_TOKENS",
                       "there are " + std::to_string(kMaxTokens) +
                           " tokens already; purge tenants that are gone");
    }
  }
  NewToken made;
  TokenRecord& token = made.token;
  token.id = RandomHex(kIdDigits);
  made.secret = std::string(kPrefix) + token.id + "_" + RandomHex(kSecretDigits);
  token.hash = Sha256Hex(made.secret);
  token.tenant = tenant;
  token.rights = rights.bits();
  token.note = note;
  token.create_time_ms = NowMs();
  if (ttl.count() > 0) token.expire_time_ms = token.create_time_ms + ttl.count() * 1000;
  const MutexLock changing(changing_);
  ATELIER_RETURN_IF_ERROR(store_.PutToken(token));
  TellOthers();
  const MutexLock lock(mutex_);
  tokens_[token.id] = token;
  return made;
}

Result<TokenRecord> TokenTable::Revoke(const std::string& id) {
  // Another server may have made it just now.
  if (sharing_) ATELIER_RETURN_IF_ERROR(Recover());
  const MutexLock changing(changing_);
  TokenRecord token;
  {
    const MutexLock lock(mutex_);
    const auto found = tokens_.find(id);
    if (found == tokens_.end()) {
      return MakeError(Code::kNotFound, "TOKEN_NOT_FOUND", "there is no token of that name");
    }
    if (found->second.revoke_time_ms != 0) return found->second;
    // Refused from here on, whatever the disk says.
    found->second.revoke_time_ms = std::max<int64_t>(1, NowMs());
    token = found->second;
  }
  ATELIER_RETURN_IF_ERROR(store_.PutToken(token));
  TellOthers();
  return token;
}

std::vector<TokenRecord> TokenTable::List() const {
  std::vector<TokenRecord> tokens;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, token] : tokens_) tokens.push_back(token);
  }
  std::sort(tokens.begin(), tokens.end(), [](const TokenRecord& a, const TokenRecord& b) {
    return std::tie(b.create_time_ms, a.id) < std::tie(a.create_time_ms, b.id);
  });
  return tokens;
}

Result<int64_t> TokenTable::RemoveOf(const std::string& tenant) {
  const MutexLock changing(changing_);
  {
    const MutexLock lock(mutex_);
    std::erase_if(tokens_, [&](const auto& row) { return row.second.tenant == tenant; });
  }
  ATELIER_ASSIGN_OR_RETURN(const int64_t removed, store_.RemoveTokensOf(tenant));
  TellOthers();
  return removed;
}

Result<Caller> TokenTable::Find(std::string_view text) const {
  TokenRecord token;
  {
    const MutexLock lock(mutex_);
    const auto found = tokens_.find(IdOfText(text));
    if (found != tokens_.end()) token = found->second;
  }
  if (!rpc::SameSecret(Sha256Hex(text), token.hash)) return BadToken();
  ATELIER_RETURN_IF_ERROR(CheckLife(token, NowMs()));
  Caller caller{token.tenant, Rights::OfBits(token.rights)};
  caller.token_id = std::move(token.id);
  return caller;
}

Status TokenTable::Check(const std::string& id) const {
  const int64_t now_ms = NowMs();
  const MutexLock lock(mutex_);
  const auto found = tokens_.find(id);
  if (found == tokens_.end()) return BadToken();
  return CheckLife(found->second, now_ms);
}

}  // namespace atelier::server
