#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>
#include <vector>

#include "digest/sha256.h"
#include "server/blobs/folder/folder_blob_store.h"
#include "support/temp_dir.h"
#include "unit/server/fake_clock.h"

namespace atelier::server {
namespace {

int CountFiles(const std::filesystem::path& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("What is stored twice, even at the same time, is kept once", "[blobs]") {
  const testing::TempDir dir;
  const auto blobs = FolderBlobStore::Open(dir.path());
  REQUIRE(blobs.has_value());
  const std::string bytes("a picture\0with a zero", 21);
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) writers.emplace_back([&] { (void)(*blobs)->Put(bytes); });
  for (std::thread& writer : writers) writer.join();
  const auto digest = (*blobs)->Put(bytes);
  REQUIRE(digest.has_value());
  CHECK(*digest == Sha256Hex(bytes));
  CHECK(CountFiles(dir.path()) == 1);
  CHECK((*blobs)->Get(*digest) == bytes);
  CHECK((*blobs)->Stat(*digest)->size_bytes == 21);
}

TEST_CASE("What a crash left half written is swept and never read", "[blobs]") {
  const testing::TempDir dir;
  std::filesystem::create_directories(dir.path() / "tmp");
  std::ofstream(dir.path() / "tmp" / "torn") << "half a pic";
  const auto blobs = FolderBlobStore::Open(dir.path());
  REQUIRE(blobs.has_value());
  CHECK(CountFiles(dir.path()) == 0);
  CHECK((*blobs)->Put("half a picture").has_value());
}

TEST_CASE("Stored bytes are there after reopening", "[blobs]") {
  const testing::TempDir dir;
  const auto digest = (*FolderBlobStore::Open(dir.path()))->Put("bytes");
  REQUIRE(digest.has_value());
  CHECK((*FolderBlobStore::Open(dir.path()))->Get(*digest) == std::string("bytes"));
}

TEST_CASE("Beyond the quota a client's bytes are refused, a worker's and known ones are not",
          "[blobs]") {
  const testing::TempDir dir;
  const auto blobs = *FolderBlobStore::Open(dir.path(), {.max_bytes = 10});
  const auto first = blobs->Put("12345678");
  REQUIRE(first.has_value());
  const auto refused = blobs->Put("abc");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kResourceExhausted);
  CHECK(refused.error().reason == "STORAGE_QUOTA");
  CHECK_THAT(refused.error().message, Catch::Contains("at most 10 bytes"));
  // What is there is others', too.
  CHECK_THAT(refused.error().message, !Catch::Contains("8"));
  CHECK(blobs->bytes() == 8);
  CHECK(CountFiles(dir.path()) == 1);
  CHECK(blobs->Put("12345678").has_value());
  CHECK(blobs->Put("ab").has_value());
  CHECK(blobs->Put("result", BlobStore::Origin::kWorker).has_value());
  CHECK(blobs->bytes() == 16);
  // Counted again from the files after a restart.
  CHECK((*FolderBlobStore::Open(dir.path()))->bytes() == 16);
}

TEST_CASE("Only what nobody names and nobody used for long is swept", "[blobs]") {
  const testing::TempDir dir;
  FakeClock clock;
  const std::chrono::hours day(24);
  const auto blobs = *FolderBlobStore::Open(dir.path(), {}, clock);
  const std::string named = *blobs->Put("named");
  const std::string unused = *blobs->Put("unused");
  const std::string touched = *blobs->Put("touched");
  const std::string repeated = *blobs->Put("repeated");
  clock.Advance(day - std::chrono::minutes(5));
  CHECK(blobs->Sweep({named}, day)->blobs == 0);
  REQUIRE(blobs->Touch(touched).has_value());
  CHECK(blobs->Put("repeated") == repeated);
  clock.Advance(std::chrono::minutes(5));
  const auto swept = blobs->Sweep({named}, day);
  CHECK(swept->blobs == 1);
  CHECK(swept->bytes == 6);
  CHECK(blobs->Get(unused).error().code == Code::kNotFound);
  CHECK(blobs->Touch(unused).error().code == Code::kNotFound);
  CHECK(blobs->Get(named).has_value());
  CHECK(blobs->Get(touched).has_value());
  CHECK(blobs->bytes() == 20);
  // Uses are remembered by the files, over a restart.
  const auto reopened = *FolderBlobStore::Open(dir.path(), {}, clock);
  CHECK(reopened->Sweep({named}, day)->blobs == 0);
  clock.Advance(day);
  CHECK(reopened->Sweep({named}, day)->blobs == 2);
}

TEST_CASE("A wall clock set an hour forward sweeps nothing that was just uploaded", "[blobs]") {
  const testing::TempDir dir;
  FakeClock clock;
  const auto blobs = *FolderBlobStore::Open(dir.path(), {}, clock);
  const std::string fresh = *blobs->Put("fresh");
  clock.JumpWall(std::chrono::hours(1));
  CHECK(blobs->Sweep({}, std::chrono::minutes(30))->blobs == 0);
  clock.Advance(std::chrono::minutes(30));
  CHECK(blobs->Sweep({}, std::chrono::minutes(30))->blobs == 1);
}

TEST_CASE("What is used while a sweep runs is never lost", "[blobs]") {
  const testing::TempDir dir;
  FakeClock clock;
  const auto blobs = *FolderBlobStore::Open(dir.path(), {}, clock);
  const std::chrono::hours day(24);
  for (int i = 0; i < 50; ++i) REQUIRE(blobs->Put("blob " + std::to_string(i)).has_value());
  clock.Advance(day);
  int lost = 0;
  std::thread user([&] {
    for (int i = 49; i >= 0; --i) {
      const auto digest = blobs->Put("blob " + std::to_string(i));
      if (!digest || !blobs->Get(*digest)) ++lost;
    }
  });
  std::thread sweeper([&] {
    for (int i = 0; i < 20; ++i) (void)blobs->Sweep({}, day);
  });
  user.join();
  sweeper.join();
  CHECK(lost == 0);
  CHECK(CountFiles(dir.path()) == 50);
  int64_t bytes = 0;
  for (int i = 0; i < 50; ++i) bytes += static_cast<int64_t>(("blob " + std::to_string(i)).size());
  CHECK(blobs->bytes() == bytes);
}

TEST_CASE("Blobs are listed by the time they were stored, page by page, after reopening too",
          "[blobs]") {
  const testing::TempDir dir;
  FakeClock clock;
  auto blobs = *FolderBlobStore::Open(dir.path(), {}, clock);
  std::vector<std::string> newest_first;
  for (int i = 0; i < 7; ++i) {
    // Two of each moment.
    if (i % 2 == 0) clock.Advance(std::chrono::seconds(1));
    newest_first.insert(newest_first.begin(), *blobs->Put("blob " + std::to_string(i)));
  }
  for (int at = 1; at + 1 < 7; at += 2) {
    if (newest_first[at] < newest_first[at + 1]) {
      std::swap(newest_first[at], newest_first[at + 1]);
    }
  }
  const auto all_pages = [&](int size) {
    std::vector<std::string> seen;
    BlobPlace after;
    while (true) {
      const auto page = *blobs->List(size, after);
      if (page.empty()) return seen;
      for (const BlobPlace& place : page) seen.push_back(place.digest);
      after = page.back();
    }
  };
  CHECK(all_pages(100) == newest_first);
  CHECK(all_pages(2) == newest_first);
  CHECK(all_pages(1) == newest_first);
  // What is stored or used again keeps its place.
  clock.Advance(std::chrono::hours(1));
  REQUIRE(blobs->Put("blob 0").has_value());
  CHECK(all_pages(3) == newest_first);
  blobs.reset();
  blobs = *FolderBlobStore::Open(dir.path(), {}, clock);
  CHECK(all_pages(3) == newest_first);
}

TEST_CASE("A removed blob is gone from the disk, the list and the sum", "[blobs]") {
  const testing::TempDir dir;
  const auto blobs = *FolderBlobStore::Open(dir.path());
  const std::string gone = *blobs->Put("12345678");
  const std::string stays = *blobs->Put("123");
  REQUIRE(blobs->Remove(gone).has_value());
  CHECK(blobs->Get(gone).error().code == Code::kNotFound);
  CHECK(blobs->Remove(gone).error().code == Code::kNotFound);
  CHECK(blobs->Remove("../x").error().code == Code::kNotFound);
  CHECK(blobs->bytes() == 3);
  REQUIRE(blobs->List(9)->size() == 1);
  CHECK(blobs->List(9)->at(0).digest == stays);
  CHECK(blobs->Put("12345678") == gone);
  CHECK(blobs->List(9)->size() == 2);
  CHECK(blobs->GetFirst(gone, 3) == std::string("123"));
  CHECK(blobs->GetFirst(gone, 99) == std::string("12345678"));
}

TEST_CASE("A blob that somebody holds is not deleted, and whoever wants it meanwhile waits",
          "[blobs]") {
  ProcessBlobPins pins;
  {
    const Result<BlobPins::Pin> pin = pins.Hold("a");
    const Result<BlobPins::Pin> second = pins.Hold("a");
    CHECK(pins.BeginDeletion("a") == false);
    CHECK(pins.BeginDeletion("b") == true);
    pins.EndDeletion("b");
  }
  REQUIRE(pins.BeginDeletion("a") == true);
  CHECK(pins.BeginDeletion("a") == false);
  std::atomic<bool> deleted = false;
  std::atomic<bool> held_too_early = false;
  std::thread other([&] {
    const Result<BlobPins::Pin> pin = pins.Hold("a");
    held_too_early = !deleted;
  });
  deleted = true;
  pins.EndDeletion("a");
  other.join();
  CHECK_FALSE(held_too_early);
}

TEST_CASE("A missing or malformed digest is NOT_FOUND and never a path", "[blobs]") {
  const testing::TempDir dir;
  const auto blobs = FolderBlobStore::Open(dir.path());
  REQUIRE(blobs.has_value());
  for (const std::string& digest :
       {std::string(64, 'a'), std::string("../../../../etc/passwd"), std::string()}) {
    const auto bytes = (*blobs)->Get(digest);
    REQUIRE_FALSE(bytes.has_value());
    CHECK(bytes.error().code == Code::kNotFound);
  }
  CHECK_FALSE(DigestOfAsset("assets/" + std::string(64, 'A')).has_value());
  CHECK_FALSE(DigestOfAsset(std::string(64, 'a')).has_value());
  CHECK(DigestOfAsset("assets/" + std::string(64, 'a')).has_value());
}

}  // namespace atelier::server
