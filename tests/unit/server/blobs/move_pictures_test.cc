// Pictures that go from one kind of store into another.
#include "server/migration/move_pictures.h"

#include <fstream>

#include "conformance/blob_store_fixture.h"
#include "digest/sha256.h"
#include "unit/server/blobs/fake_s3.h"

namespace atelier::server {
namespace {

constexpr int kThreads = 4;
// More than a page of the list.
constexpr int kBlobs = 1003;

std::string BytesOf(int blob) { return "picture " + std::to_string(blob); }

void Fill(BlobStore& store, int count) {
  for (int i = 0; i < count; ++i) REQUIRE(store.Put(BytesOf(i)).has_value());
}

std::filesystem::path FileOf(const BlobStoreFixture& folder, const std::string& digest) {
  return folder.folder.path() / digest.substr(0, 2) / digest.substr(2, 2) / digest;
}

}  // namespace

TEST_CASE("Pictures move between a folder and S3, either way, and a second run moves nothing",
          "[move_pictures]") {
  const bool back = GENERATE(false, true);
  BlobStoreFixture from(back ? "s3/postgres" : "folder");
  // A quota is for clients.
  BlobStoreFixture to(back ? "folder" : "s3/sqlite", /*max_bytes=*/1);
  const int count = back ? 40 : kBlobs;
  Fill(*from.store, count);
  const auto moved = MovePictures(*from.store, *to.store, kThreads);
  INFO((moved ? "" : moved.error().message));
  REQUIRE(moved.has_value());
  CHECK(moved->pictures == count);
  CHECK(moved->present == 0);
  CHECK(moved->damaged == 0);
  CHECK(moved->bytes == from.store->bytes());
  CHECK(to.store->bytes() == from.store->bytes());
  bool same = true;
  for (int i = 0; i < count; ++i) same = same && to.store->Get(Sha256Hex(BytesOf(i))) == BytesOf(i);
  CHECK(same);
  CHECK(from.store->Get(Sha256Hex(BytesOf(0))) == BytesOf(0));

  REQUIRE(from.store->Put("one more").has_value());
  const auto again = MovePictures(*from.store, *to.store, kThreads);
  REQUIRE(again.has_value());
  CHECK(again->pictures == 1);
  CHECK(again->bytes == 8);
  CHECK(again->present == count);
}

TEST_CASE("One mover keeps the order in which pictures were stored", "[move_pictures]") {
  // Of which the clock goes on by itself.
  BlobStoreFixture from("folder"), to("s3/postgres");
  std::vector<std::string> stored;
  for (int i = 0; i < 5; ++i) {
    stored.insert(stored.begin(), Sha256Hex(BytesOf(i)));
    REQUIRE(from.store->Put(BytesOf(i)).has_value());
    from.Advance(std::chrono::seconds(1));
  }
  REQUIRE(MovePictures(*from.store, *to.store, 1).has_value());
  const auto list = to.store->List(9);
  REQUIRE(list.has_value());
  std::vector<std::string> moved;
  for (const BlobPlace& place : *list) moved.push_back(place.digest);
  CHECK(moved == stored);
}

TEST_CASE("A damaged picture is left out and counted", "[move_pictures]") {
  BlobStoreFixture from("folder"), to("s3/memory");
  Fill(*from.store, 3);
  const std::string damaged = Sha256Hex(BytesOf(1));
  std::ofstream(FileOf(from, damaged)) << "something else";
  const auto moved = MovePictures(*from.store, *to.store, kThreads);
  REQUIRE(moved.has_value());
  CHECK(moved->pictures == 2);
  CHECK(moved->damaged == 1);
  CHECK(moved->damaged_digest == damaged);
  CHECK_FALSE(to.store->Stat(damaged).has_value());
}

TEST_CASE("A store that refuses ends the move, and what was moved stays", "[move_pictures]") {
  BlobStoreFixture from("folder");
  Fill(*from.store, 20);
  s3::FakeS3 fake;
  IndexFixture index("memory");
  const auto to = S3BlobStore::Open({.client = fake.Options()}, *index.index, index.clock);
  REQUIRE(to.has_value());
  REQUIRE((*to)->Put(BytesOf(0)).has_value());
  fake.Always(s3::Fault::kDenied);
  const auto moved = MovePictures(*from.store, **to, kThreads);
  REQUIRE_FALSE(moved.has_value());
  CHECK(moved.error().code != Code::kNotFound);
  CHECK((*to)->List(99)->size() == 1);
  fake.Always(s3::Fault::kNone);
  const auto again = MovePictures(*from.store, **to, kThreads);
  REQUIRE(again.has_value());
  CHECK(again->pictures == 19);
  CHECK(again->present == 1);
}

}  // namespace atelier::server
