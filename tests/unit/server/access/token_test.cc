#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "rpc/refusals.h"
#include "server/access/access.h"
#include "server/access/certificate_caller.h"
#include "server/store/memory/memory_store.h"
#include "server/store/sqlite/sqlite_store.h"
#include "support/temp_dir.h"
#include "unit/server/fake_clock.h"

namespace atelier::server {
namespace {

constexpr std::chrono::seconds kForEver(0);

/// What a caller brings.
rpc::CallCredentials Bearer(const std::string& authorization, std::string_view tenant = {}) {
  return {.authorization = authorization, .tenant = tenant};
}

struct Tokens {
  FakeClock clock;
  MemoryStore store;
  TokenTable table{store, clock};
};

}  // namespace

TEST_CASE("A token's text is nowhere in the database, and still lets its bearer in after a restart",
          "[access]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  const FakeClock clock;
  std::string secret;
  {
    const auto store = std::move(SqliteStore::Open(path).value());
    TokenTable tokens(*store, clock);
    secret = tokens.Create("acme", {v1::RIGHT_READ}, kForEver, "for tests")->secret;
  }
  const auto store = std::move(SqliteStore::Open(path).value());
  TokenTable tokens(*store, clock);
  REQUIRE(tokens.Recover().has_value());
  const auto caller = tokens.Find(secret);
  REQUIRE(caller.has_value());
  CHECK(caller->tenant == "acme");
  CHECK(caller->rights == Rights{v1::RIGHT_READ});
  const std::string hidden = secret.substr(secret.rfind('_') + 1);
  for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(stream), {});
    INFO(file.path());
    CHECK(bytes.find(hidden) == std::string::npos);
  }
}

TEST_CASE("Revoked, expired and altered tokens are refused, each by its reason", "[access]") {
  Tokens tokens;
  const NewToken one = *tokens.table.Create("acme", {v1::RIGHT_READ}, std::chrono::hours(1), "");
  CHECK(tokens.table.Find(one.secret).has_value());
  std::string altered = one.secret;
  altered[30] = altered[30] == 'a' ? 'b' : 'a';
  CHECK(tokens.table.Find(altered).error().reason == rpc::kBadToken);
  CHECK(tokens.table.Find("atl_" + one.token.id).error().reason == rpc::kBadToken);
  CHECK(tokens.table.Find("").error().reason == rpc::kBadToken);
  tokens.clock.Advance(std::chrono::minutes(59));
  CHECK(tokens.table.Find(one.secret).has_value());
  tokens.clock.Advance(std::chrono::minutes(2));
  CHECK(tokens.table.Find(one.secret).error().reason == rpc::kTokenExpired);
  const NewToken other = *tokens.table.Create("acme", {v1::RIGHT_READ}, kForEver, "");
  CHECK(tokens.table.Revoke(other.token.id)->revoke_time_ms > 0);
  CHECK(tokens.table.Find(other.secret).error().reason == rpc::kTokenRevoked);
  CHECK(tokens.table.Revoke("none").error().reason == "TOKEN_NOT_FOUND");
  // Nothing of a refusal shows the token.
  CHECK(tokens.table.Find(other.secret).error().message.find(other.secret) == std::string::npos);
}

TEST_CASE("A caller cannot name another tenant than the token's, an administrator can",
          "[access]") {
  Tokens tokens;
  const std::string own = tokens.table.Create("acme", {v1::RIGHT_READ}, kForEver, "")->secret;
  const std::string all = tokens.table.Create("ops", {v1::RIGHT_ADMINISTER}, kForEver, "")->secret;
  const Access access(tokens.table, {});
  CHECK(access.Identify(Bearer("Bearer " + own))->tenant == "acme");
  CHECK(access.Identify(Bearer("bearer " + own, "acme"))->tenant == "acme");
  CHECK_FALSE(access.Identify(Bearer("Bearer " + own))->every_tenant);
  const auto other = access.Identify(Bearer("Bearer " + own, "other"));
  CHECK(other.error().reason == rpc::kOtherTenant);
  CHECK(other.error().code == Code::kPermissionDenied);
  const auto as_other = access.Identify(Bearer("Bearer " + all, "other"));
  CHECK(as_other->tenant == "other");
  CHECK_FALSE(as_other->every_tenant);
  CHECK(access.Identify(Bearer("Bearer " + all))->every_tenant);
  CHECK(access.Identify(Bearer("Basic " + own)).error().reason == rpc::kBadToken);
  CHECK(access.Identify(Bearer("")).error().reason == rpc::kNoCredentials);
}

TEST_CASE("A client certificate names its tenant and rights by a URI", "[access]") {
  const auto acme = CallerOfCertificate({"https://acme.example", "atelier://acme/read+submit"});
  REQUIRE(acme.has_value());
  CHECK(acme->tenant == "acme");
  CHECK(acme->rights == Rights{v1::RIGHT_READ, v1::RIGHT_SUBMIT});
  for (const char* uri : {"atelier://acme", "atelier://acme/", "atelier:///read",
                          "atelier://acme/read+everything", "atelier://ac me/read", "acme/read"}) {
    INFO(uri);
    CHECK_FALSE(CallerOfCertificate({uri}).has_value());
  }
  Tokens tokens;
  const Access access(tokens.table, {});
  const rpc::CallCredentials certificate{.certificate_uris = {"atelier://acme/read"}};
  CHECK(access.Identify(certificate)->tenant == "acme");
  CHECK(access.Admit(certificate, {rpc::Audience::kRight, v1::RIGHT_READ}).has_value());
  CHECK(access.Admit(certificate, {rpc::Audience::kRight, v1::RIGHT_SUBMIT}).error().reason ==
        rpc::kNoRight);
}

TEST_CASE("Somebody who guesses is slowed down and counted, and no good token with them",
          "[access]") {
  Tokens tokens;
  std::map<std::string, int> counted;
  Access::Options options;
  options.refusals = {.burst = 3,
                      .per_second = 1,
                      .count = [&](const std::string& reason) { ++counted[reason]; },
                      .clock = &tokens.clock};
  const std::string good = tokens.table.Create("acme", {v1::RIGHT_READ}, kForEver, "")->secret;
  const Access access(tokens.table, options);
  const rpc::CallRule rule{rpc::Audience::kRight, v1::RIGHT_READ};
  for (int i = 0; i < 5; ++i) (void)access.Admit(Bearer("Bearer guess"), rule);
  CHECK(counted[rpc::kBadToken] == 3);
  CHECK(counted[rpc::kTooManyFailures] == 2);
  const Status slowed = access.Admit(Bearer("Bearer guess"), rule);
  CHECK(slowed.error().code == Code::kResourceExhausted);
  CHECK(access.Admit(Bearer("Bearer " + good), rule).has_value());
  CHECK(access.Admit(Bearer(""), rule).error().reason == rpc::kNoCredentials);
  tokens.clock.Advance(std::chrono::seconds(2));
  CHECK(access.Admit(Bearer("Bearer guess"), rule).error().code == Code::kUnauthenticated);
}

}  // namespace atelier::server
