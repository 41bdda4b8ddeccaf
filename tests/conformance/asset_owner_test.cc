// What every JobStore must keep of who stored which picture.
#include <catch2/catch.hpp>

#include "conformance/store_fixture.h"

namespace atelier::server {
namespace {

const std::string kDigest(64, 'a');
const std::string kOther(64, 'b');

}  // namespace

TEST_CASE("A picture that two tenants stored has both as owners, each since its first time",
          "[store]") {
  OVER_EVERY_STORE();
  CHECK(store.ListAssetOwners(kDigest)->empty());
  REQUIRE(store.AddAssetOwner({kDigest, "y", 20}).Wait());
  REQUIRE(store.AddAssetOwner({kDigest, "x", 30}).Wait());
  REQUIRE(store.AddAssetOwner({kOther, "x", 40}).Wait());
  REQUIRE(store.AddAssetOwner({kDigest, "y", 50}).Wait());
  const auto owners = store.ListAssetOwners(kDigest).value();
  CHECK(owners == std::vector<AssetOwner>{{kDigest, "x", 30}, {kDigest, "y", 20}});
  CHECK(store.ListAssetOwners(kOther).value() == std::vector<AssetOwner>{{kOther, "x", 40}});
}

TEST_CASE("A removed picture loses all its owners and no other picture its own", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.AddAssetOwner({kDigest, "x", 1}).Wait());
  REQUIRE(store.AddAssetOwner({kDigest, "y", 2}).Wait());
  REQUIRE(store.AddAssetOwner({kOther, "x", 3}).Wait());
  REQUIRE(store.RemoveAssetOwners(kDigest));
  REQUIRE(store.RemoveAssetOwners(std::string(64, 'c')));
  CHECK(store.ListAssetOwners(kDigest)->empty());
  CHECK(store.ListAssetOwners(kOther)->size() == 1);
  // Stored again, it has a new owner.
  REQUIRE(store.AddAssetOwner({kDigest, "z", 4}).Wait());
  CHECK(store.ListAssetOwners(kDigest).value() == std::vector<AssetOwner>{{kDigest, "z", 4}});
}

TEST_CASE("Owners that come with a change of a job are there with it, or not at all", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("one"), {10}).has_value());
  REQUIRE(store.AddAssetOwner({kOther, "x", 1}).Wait());
  const std::vector<AssetOwner> owners = {{kDigest, "x", 2}, {kOther, "x", 3}};
  const auto refuse = [](JobRecord&) -> Status {
    return MakeError(Code::kAborted, "LEASE_LOST", "no");
  };
  CHECK(store.Update("one", refuse, owners).error().reason == "LEASE_LOST");
  CHECK(store.Update("none", Run, owners).error().reason == "JOB_NOT_FOUND");
  CHECK(store.ListAssetOwners(kDigest)->empty());
  REQUIRE(store.Update("one", Run, owners).has_value());
  CHECK(store.Get("one")->state == JobState::kRunning);
  CHECK(store.ListAssetOwners(kDigest).value() == std::vector<AssetOwner>{{kDigest, "x", 2}});
  CHECK(store.ListAssetOwners(kOther).value() == std::vector<AssetOwner>{{kOther, "x", 1}});
}

TEST_CASE("Owners outlive the process", "[store]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  REQUIRE((*SqliteStore::Open(path))->AddAssetOwner({kDigest, "x", 1}).Wait());
  CHECK((*SqliteStore::Open(path))->ListAssetOwners(kDigest)->size() == 1);
}

}  // namespace atelier::server
