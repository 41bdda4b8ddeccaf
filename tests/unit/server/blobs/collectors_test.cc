// Two servers that share a bucket and a database, each with a collector of its own.
#include <array>
#include <set>
#include <thread>

#include "base/random.h"
#include "conformance/blob_index_fixture.h"
#include "digest/sha256.h"
#include "server/blobs/s3/s3_blob_store.h"
#include "server/store/memory/memory_blob_index.h"
#include "unit/server/blobs/fake_s3.h"

namespace atelier::server {
namespace {

constexpr std::chrono::hours kDay(24);
constexpr int kBlobs = 12;

std::string BytesOf(int blob) { return "blob " + std::to_string(blob); }
std::string DigestOf(int blob) { return Sha256Hex(BytesOf(blob)); }

// The blobs that jobs name.
struct Jobs {
  Mutex mutex;
  std::set<int> named GUARDED_BY(mutex);

  BlobStore::Digests Digests() {
    const MutexLock lock(mutex);
    BlobStore::Digests digests;
    for (const int blob : named) digests.insert(DigestOf(blob));
    return digests;
  }
};

// What calls do with blobs: store and name them, name those that are there, forget jobs, and
// delete.
void Call(BlobStore& store, Jobs& jobs, Random& random, std::atomic<int>& failed) {
  const int blob = random.Index(kBlobs);
  const std::string digest = DigestOf(blob);
  const double what = random.Uniform();
  if (what < 0.5) {
    const auto pin = store.pins().Hold(digest);
    const bool is_there =
        what < 0.25 ? store.Put(BytesOf(blob)).has_value() : store.Touch(digest).has_value();
    if (!pin || (what < 0.25 && !is_there)) ++failed;
    const MutexLock lock(jobs.mutex);
    if (is_there) jobs.named.insert(blob);
  } else if (what < 0.8) {
    const MutexLock lock(jobs.mutex);
    jobs.named.erase(blob);
  } else if (store.pins().BeginDeletion(digest).value_or(false)) {
    bool is_named = false;
    {
      const MutexLock lock(jobs.mutex);
      is_named = jobs.named.contains(blob);
    }
    if (!is_named) (void)store.Remove(digest);
    store.pins().EndDeletion(digest);
  }
}

}  // namespace

TEST_CASE("However two servers store, name, delete and collect, nothing that is named is lost",
          "[blob_collectors]") {
  OVER_EVERY_BLOB_INDEX();
  s3::FakeS3 fake;
  std::array<std::unique_ptr<S3BlobStore>, 2> stores;
  for (auto& store : stores) {
    auto opened = S3BlobStore::Open({.client = fake.Options()}, index, fixture.clock);
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened.has_value());
    store = *std::move(opened);
  }
  Jobs jobs;
  std::atomic<int> failed = 0;
  int64_t collected = 0;
  for (uint64_t round = 0; round < 8; ++round) {
    // What is not used from here on may be collected.
    fixture.Advance(2 * kDay);
    std::vector<std::thread> threads;
    for (uint64_t server = 0; server < 2; ++server) {
      BlobStore& store = *stores[server];
      threads.emplace_back([&, seed = round * 2 + server] {
        Random random(seed);
        for (int i = 0; i < 25; ++i) Call(store, jobs, random, failed);
      });
    }
    std::array<int64_t, 2> swept = {};
    for (size_t server = 0; server < 2; ++server) {
      threads.emplace_back([&, server] {
        for (int i = 0; i < 3; ++i) {
          const auto done = stores[server]->Sweep(jobs.Digests(), kDay);
          if (!done) ++failed;
          if (done) swept[server] += done->blobs;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    collected += swept[0] + swept[1];
    for (const std::string& digest : jobs.Digests()) {
      CAPTURE(round, digest);
      CHECK(stores[round % 2]->Get(digest).has_value());
    }
  }
  CHECK(failed == 0);
  CHECK(collected > 0);
  // At the end nothing is left anywhere, of whichever try.
  fixture.Advance(2 * kDay);
  REQUIRE(stores[0]->Sweep({}, kDay).has_value());
  CHECK(fake.objects().empty());
  CHECK(stores[1]->bytes() == 0);
}

// A database whose answer to the beginning of a deletion is cut off, after it was done.
class CutsOffDeletions final : public MemoryBlobIndex {
 public:
  Result<bool> BeginDeletion(const std::string& digest, const std::string& holder) override {
    const Result<bool> begun = MemoryBlobIndex::BeginDeletion(digest, holder);
    if (!cuts.exchange(false)) return begun;
    return MakeError(Code::kUnavailable, "STORE_UNAVAILABLE", "cut off");
  }
  std::atomic<bool> cuts = false;
};

TEST_CASE("A deletion whose beginning was not answered keeps nobody from using the blob",
          "[blob_collectors]") {
  CutsOffDeletions index;
  SharedBlobPins pins(index);
  REQUIRE(pins.Renew().has_value());
  index.cuts = true;
  CHECK_FALSE(pins.BeginDeletion("digest").has_value());
  {
    const auto pin = pins.Hold("digest");
    CHECK(pin.has_value());
  }
  CHECK(pins.BeginDeletion("digest") == true);
  pins.EndDeletion("digest");
}

TEST_CASE("A server that stood still pins and deletes again", "[blob_collectors]") {
  OVER_EVERY_BLOB_INDEX();
  s3::FakeS3 fake;
  const auto first = S3BlobStore::Open({.client = fake.Options()}, index, fixture.clock);
  const auto second = S3BlobStore::Open({.client = fake.Options()}, index, fixture.clock);
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  fixture.Advance(2 * SharedBlobPins::kHolderTtl);
  {
    const auto pin = (*first)->pins().Hold("digest");
    CHECK(pin.has_value());
    CHECK((*second)->pins().BeginDeletion("digest") == false);
  }
  CHECK((*second)->pins().BeginDeletion("digest") == true);
  CHECK((*first)->pins().BeginDeletion("digest") == false);
  (*second)->pins().EndDeletion("digest");
}

TEST_CASE("While S3 is away nothing is lost, and what had to be deleted is deleted later",
          "[blob_collectors]") {
  IndexFixture fixture("memory");
  s3::FakeS3 fake;
  int told = 0;
  auto opened = S3BlobStore::Open(
      {.client = fake.Options(), .prefix = "p/", .on_failure = [&](const Error&) { ++told; }},
      *fixture.index, fixture.clock);
  REQUIRE(opened.has_value());
  S3BlobStore& store = **opened;
  const std::string kept = *store.Put("kept"), removed = *store.Put("removed");
  fake.Always(s3::Fault::kBusy);
  const auto put = store.Put("new");
  REQUIRE_FALSE(put.has_value());
  CHECK(put.error().code == Code::kUnavailable);
  CHECK(put.error().reason == "STORAGE_UNAVAILABLE");
  CHECK(store.Get(kept).error().code == Code::kUnavailable);
  CHECK(store.Stat(kept).has_value());
  CHECK(store.Touch(kept).has_value());
  CHECK(store.bytes() == 11);
  REQUIRE(store.pins().BeginDeletion(removed) == true);
  CHECK(store.Remove(removed).has_value());
  store.pins().EndDeletion(removed);
  CHECK(store.Stat(removed).error().code == Code::kNotFound);
  CHECK(store.Sweep({}, kDay).has_value());
  CHECK(fake.objects().size() == 2);
  CHECK(told == 3);
  fake.Always(s3::Fault::kNone);
  CHECK(store.Get(kept) == std::string("kept"));
  CHECK(store.Sweep({}, kDay)->blobs == 0);
  CHECK(fake.objects().size() == 1);
  CHECK(fake.objects().begin()->first.starts_with("p/" + kept.substr(0, 2) + "/" + kept + "."));
}

TEST_CASE("An object that somebody else deleted or changed is lost data, and said to be",
          "[blob_collectors]") {
  IndexFixture fixture("memory");
  s3::FakeS3 fake;
  auto opened = S3BlobStore::Open({.client = fake.Options()}, *fixture.index, fixture.clock);
  REQUIRE(opened.has_value());
  const std::string digest = *(*opened)->Put("bytes");
  REQUIRE(fake.objects().size() == 1);
  fake.SetObject(fake.objects().begin()->first, "bites");
  const auto changed = (*opened)->Get(digest);
  REQUIRE_FALSE(changed.has_value());
  CHECK(changed.error().code == Code::kDataLoss);
  CHECK(changed.error().reason == "ASSET_DAMAGED");
}

}  // namespace atelier::server
