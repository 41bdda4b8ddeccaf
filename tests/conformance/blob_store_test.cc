// What every BlobStore does: in a folder, and in S3 beside each kind of database.
#include <thread>
#include <vector>

#include "conformance/blob_store_fixture.h"
#include "digest/sha256.h"

namespace atelier::server {
namespace {

constexpr std::chrono::hours kDay(24);

}  // namespace

TEST_CASE("Blobs are what was stored, under the digest of their bytes", "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  const std::string bytes("a picture\0with a zero", 21);
  const auto digest = store.Put(bytes);
  INFO((digest ? "" : digest.error().message));
  REQUIRE(digest == Sha256Hex(bytes));
  CHECK(store.Get(*digest) == bytes);
  CHECK(store.GetFirst(*digest, 9) == std::string("a picture"));
  CHECK(store.GetFirst(*digest, 0) == std::string());
  CHECK(store.GetFirst(*digest, 100) == bytes);
  CHECK(store.Stat(*digest)->size_bytes == 21);
  CHECK(store.bytes() == 21);
  const auto empty = store.Put("");
  REQUIRE(empty.has_value());
  CHECK(store.Get(*empty) == std::string());
}

TEST_CASE("What is not there is not found, and neither is what is no digest", "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  for (const std::string& digest :
       {Sha256Hex("nobody stored it"), std::string("../../etc/passwd"), std::string()}) {
    CHECK(store.Get(digest).error().reason == "ASSET_NOT_FOUND");
    CHECK(store.GetFirst(digest, 1).error().reason == "ASSET_NOT_FOUND");
    CHECK(store.Stat(digest).error().reason == "ASSET_NOT_FOUND");
    CHECK(store.Touch(digest).error().reason == "ASSET_NOT_FOUND");
    CHECK(store.Remove(digest).error().reason == "ASSET_NOT_FOUND");
  }
}

TEST_CASE("What is stored twice, even at once and through two stores, is there once",
          "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  const std::unique_ptr<BlobStore> other = fixture.index ? fixture.Open() : nullptr;
  std::vector<std::thread> writers;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      if (!(other && i % 2 ? *other : store).Put("the same")) ++failed;
    });
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(failed == 0);
  CHECK(store.bytes() == 8);
  CHECK(store.List(9)->size() == 1);
  CHECK(store.Get(Sha256Hex("the same")) == std::string("the same"));
}

TEST_CASE("Blobs are there after the store is opened again", "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  const auto digest = store.Put("bytes");
  REQUIRE(digest.has_value());
  fixture.store = fixture.Open();
  CHECK(fixture.store->Get(*digest) == std::string("bytes"));
  CHECK(fixture.store->bytes() == 5);
}

TEST_CASE("Beyond the quota a client's new bytes are refused and nothing else is", "[blob_store]") {
  OVER_EVERY_BLOB_STORE(10);
  REQUIRE(store.Put("12345678").has_value());
  const auto refused = store.Put("abc");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kResourceExhausted);
  CHECK(refused.error().reason == "STORAGE_QUOTA");
  CHECK(store.bytes() == 8);
  CHECK(store.Put("12345678").has_value());
  CHECK(store.Put("ab").has_value());
  CHECK(store.Put("result", BlobStore::Origin::kWorker).has_value());
  CHECK(store.bytes() == 16);
}

TEST_CASE("Only what nobody names and nobody used for long is collected", "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  const std::string named = *store.Put("named"), unused = *store.Put("unused");
  const std::string touched = *store.Put("touched"), repeated = *store.Put("repeated");
  fixture.Advance(kDay - std::chrono::minutes(5));
  CHECK(store.Sweep({named}, kDay)->blobs == 0);
  REQUIRE(store.Touch(touched).has_value());
  CHECK(store.Put("repeated") == repeated);
  fixture.Advance(std::chrono::minutes(6));
  const auto swept = store.Sweep({named}, kDay);
  REQUIRE(swept.has_value());
  CHECK(swept->blobs == 1);
  CHECK(swept->bytes == 6);
  CHECK(swept->digests == std::vector<std::string>{unused});
  CHECK(store.Get(unused).error().code == Code::kNotFound);
  CHECK(store.Touch(unused).error().code == Code::kNotFound);
  CHECK(store.Get(named).has_value());
  CHECK(store.Get(touched).has_value());
  CHECK(store.bytes() == 20);
  // Uses are remembered over a restart.
  fixture.store = fixture.Open();
  CHECK(fixture.store->Sweep({named}, kDay)->blobs == 0);
  fixture.Advance(kDay);
  CHECK(fixture.store->Sweep({named}, kDay)->blobs == 2);
}

TEST_CASE("A clock set an hour forward collects nothing that was just stored", "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  (void)store.Put("fresh");
  fixture.folder_clock.JumpWall(std::chrono::hours(1));
  if (fixture.index) fixture.index->JumpWall(std::chrono::hours(1));
  CHECK(store.Sweep({}, std::chrono::minutes(30))->blobs == 0);
  CHECK(store.bytes() == 5);
}

TEST_CASE("What a call took back is gone, unless it was there or was used since", "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  const std::string digest = Sha256Hex("bytes");
  BlobUse first, second;
  REQUIRE(store.PutAs(digest, "bytes", BlobStore::Origin::kClient, &first));
  CHECK(first.created);
  const auto take_back = [&](const BlobUse& use) {
    REQUIRE(store.pins().BeginDeletion(digest) == true);
    const bool taken = store.TakeBack(digest, use);
    store.pins().EndDeletion(digest);
    return taken;
  };
  SECTION("used by nobody") {
    CHECK(take_back(first));
    CHECK(store.Get(digest).error().code == Code::kNotFound);
    CHECK(store.bytes() == 0);
    REQUIRE(store.PutAs(digest, "bytes", BlobStore::Origin::kClient, &second));
    CHECK_FALSE(take_back(first));
    CHECK(store.Get(digest) == std::string("bytes"));
  }
  SECTION("used since") {
    REQUIRE(store.Touch(digest));
    CHECK_FALSE(take_back(first));
    CHECK(store.Get(digest) == std::string("bytes"));
  }
  SECTION("there before") {
    REQUIRE(store.PutAs(digest, "bytes", BlobStore::Origin::kClient, &second));
    CHECK_FALSE(second.created);
    CHECK(second.number > first.number);
    CHECK_FALSE(take_back(second));
    CHECK(store.Get(digest) == std::string("bytes"));
  }
}

TEST_CASE("A blob that is held is not deleted, and one that is being deleted is not held",
          "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  const std::unique_ptr<BlobStore> opened = fixture.index ? fixture.Open() : nullptr;
  BlobStore& other = opened ? *opened : store;
  const std::string digest = *store.Put("bytes");
  {
    const auto pin = store.pins().Hold(digest);
    REQUIRE(pin.has_value());
    CHECK(store.pins().BeginDeletion(digest) == false);
    CHECK(other.pins().BeginDeletion(digest) == false);
  }
  REQUIRE(other.pins().BeginDeletion(digest) == true);
  std::atomic<bool> deleted = false;
  std::thread holder([&] {
    const auto pin = store.pins().Hold(digest);
    CHECK(pin.has_value());
    CHECK(deleted);
    CHECK(store.Touch(digest).error().code == Code::kNotFound);
  });
  CHECK(other.Remove(digest).has_value());
  deleted = true;
  other.pins().EndDeletion(digest);
  holder.join();
  CHECK(store.bytes() == 0);
  CHECK(store.Put("bytes").has_value());
  CHECK(store.Get(digest) == std::string("bytes"));
}

TEST_CASE("All blobs are listed page by page, the last one first", "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  std::vector<std::string> stored, listed;
  for (int i = 0; i < 5; ++i) {
    stored.insert(stored.begin(), *store.Put("blob " + std::to_string(i)));
    fixture.Advance(std::chrono::seconds(1));
  }
  BlobPlace after;
  while (true) {
    const auto page = store.List(2, after);
    REQUIRE(page.has_value());
    for (const BlobPlace& place : *page) listed.push_back(place.digest);
    if (page->size() < 2) break;
    after = page->back();
  }
  CHECK(listed == stored);
}

TEST_CASE("A blob of many megabytes is stored in parts and read as it was", "[blob_store]") {
  OVER_EVERY_BLOB_STORE();
  std::string bytes(17 << 20, 'x');
  for (size_t i = 0; i < bytes.size(); i += 1000) bytes[i] = static_cast<char>(i / 1000);
  const auto digest = store.Put(bytes);
  INFO((digest ? "" : digest.error().message));
  REQUIRE(digest.has_value());
  CHECK((store.Get(*digest) == bytes));
  CHECK((store.GetFirst(*digest, 5000) == bytes.substr(0, 5000)));
}

}  // namespace atelier::server
