// What every BlobIndex does.
#include <atomic>
#include <thread>

#include "conformance/blob_index_fixture.h"

namespace atelier::server {
namespace {

using namespace std::chrono_literals;
constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();

// Whether an upload to `object` began, of a blob that is not there.
bool Begins(BlobIndex& index, const std::string& digest, const std::string& object, int64_t bytes,
            int64_t max_bytes) {
  return !index.BeginPut(digest, object, bytes, max_bytes).value().has_value();
}

bool Knows(BlobIndex& index, const std::string& digest) {
  return index.Find(digest).value().has_value();
}

// Stores a blob of 10 bytes and returns its use.
int64_t Store(BlobIndex& index, const std::string& digest, const std::string& object) {
  REQUIRE(Begins(index, digest, object, 10, 0));
  const auto stored = index.EndPut(object);
  REQUIRE(stored.has_value());
  REQUIRE(stored->has_value());
  return (*stored)->use;
}

std::vector<std::string> Garbage(BlobIndex& index) { return index.ListGarbage(100).value(); }

}  // namespace

TEST_CASE("A blob is there once its object is written, and not before", "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  REQUIRE(Begins(index, "d", "d.1", 10, 0));
  CHECK_FALSE(Knows(index, "d"));
  CHECK(index.Touch("d") == false);
  CHECK(index.Bytes() == 10);
  const auto stored = index.EndPut("d.1");
  REQUIRE(stored.has_value());
  REQUIRE(stored->has_value());
  CHECK((*stored)->created);
  const auto found = index.Find("d");
  REQUIRE(found->has_value());
  CHECK((*found)->object == "d.1");
  CHECK((*found)->bytes == 10);
  CHECK((*found)->create_ns / 1'000'000 <= index.NowMs().value());
  CHECK((*found)->create_ns / 1'000'000 > index.NowMs().value() - 60'000);
  CHECK(index.Bytes() == 10);
  // From now on a Put is a use.
  const auto again = index.BeginPut("d", "d.2", 10, 0);
  REQUIRE(again->has_value());
  CHECK(**again > (*stored)->use);
  CHECK(index.Bytes() == 10);
  CHECK(Garbage(index).empty());
}

TEST_CASE("Of two who store a blob at once, the later one's object is garbage", "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  REQUIRE(Begins(index, "d", "d.1", 10, 0));
  REQUIRE(Begins(index, "d", "d.2", 10, 0));
  CHECK(index.Bytes() == 20);
  CHECK((*index.EndPut("d.2"))->created);
  const auto later = index.EndPut("d.1");
  REQUIRE(later->has_value());
  CHECK_FALSE((*later)->created);
  CHECK((*index.Find("d"))->object == "d.2");
  CHECK(Garbage(index) == std::vector<std::string>{"d.1"});
  CHECK(index.Bytes() == 10);
  REQUIRE(index.ForgetGarbage({"d.1"}));
  CHECK(Garbage(index).empty());
}

TEST_CASE("Uploads that failed or that nobody ended are garbage", "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  REQUIRE(Begins(index, "a", "a.1", 10, 0));
  REQUIRE(index.AbandonPut("a.1"));
  REQUIRE(Begins(index, "b", "b.1", 10, 0));
  fixture.Advance(1h);
  REQUIRE(Begins(index, "c", "c.1", 10, 0));
  CHECK(index.RemoveUploads(30min) == 1);
  CHECK(Garbage(index) == std::vector<std::string>{"a.1", "b.1"});
  CHECK(index.ListGarbage(1) == std::vector<std::string>{"a.1"});
  CHECK(index.ListGarbage(1, "a.1") == std::vector<std::string>{"b.1"});
  CHECK(index.Bytes() == 10);
  // Its server stood still and comes back: whoever put it has to begin again, under another name.
  REQUIRE(index.ForgetGarbage({"a.1", "b.1"}));
  CHECK_FALSE(index.EndPut("b.1")->has_value());
  CHECK(Garbage(index) == std::vector<std::string>{"b.1"});
  CHECK_FALSE(Knows(index, "b"));
}

TEST_CASE("Beyond the quota nothing is begun, and what is there is used all the same",
          "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  (void)Store(index, "a", "a.1");
  const auto refused = index.BeginPut("b", "b.1", 6, 15);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kResourceExhausted);
  CHECK(refused.error().reason == "STORAGE_QUOTA");
  CHECK(index.BeginPut("a", "a.2", 10, 5)->has_value());
  CHECK(Begins(index, "c", "c.1", 5, 15));
  CHECK(index.Bytes() == 15);
}

TEST_CASE("Blobs are listed by when they were stored, page by page", "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  for (const std::string name : {"a", "c", "b"}) {
    (void)Store(index, name, name + ".1");
    fixture.Advance(1s);
  }
  std::vector<std::string> listed;
  int64_t before_ns = kEnd;
  std::string before_digest;
  while (true) {
    const auto page = index.List(1, before_ns, before_digest);
    REQUIRE(page.has_value());
    if (page->empty()) break;
    listed.push_back(page->at(0).digest);
    before_ns = page->at(0).create_ns;
    before_digest = page->at(0).digest;
  }
  CHECK(listed == std::vector<std::string>{"b", "c", "a"});
}

TEST_CASE("What was not used for long is listed and removed, unless it is used or pinned",
          "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  REQUIRE(index.RenewHolder("h", 2h));
  for (const std::string name : {"a", "b", "c", "d"}) {
    (void)Store(index, name, name + ".1");
    fixture.Advance(1s);
  }
  fixture.Advance(1h);
  CHECK(index.Touch("b") == true);
  REQUIRE(index.Pin("c", "h", 1) == true);
  const auto unused = index.ListUnused(2, 30min);
  REQUIRE(unused->size() == 2);
  CHECK(unused->at(0).blob.digest == "a");
  CHECK(unused->at(1).blob.digest == "c");
  const auto next = index.ListUnused(2, 30min, unused->at(1).place);
  REQUIRE(next->size() == 1);
  CHECK(next->at(0).blob.digest == "d");
  CHECK(index.RemoveUnused("a", 30min) == true);
  CHECK(index.RemoveUnused("a", 30min) == false);
  CHECK(index.RemoveUnused("b", 30min) == false);
  CHECK(index.RemoveUnused("c", 30min) == false);
  CHECK(Garbage(index) == std::vector<std::string>{"a.1"});
  REQUIRE(index.Unpin("h", {1}));
  CHECK(index.RemoveUnused("c", 30min) == true);
  CHECK(index.Bytes() == 20);
}

TEST_CASE("A deletion waits for pins and keeps new ones away", "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  REQUIRE(index.RenewHolder("h", 5min));
  REQUIRE(index.RenewHolder("g", 5min));
  const int64_t use = Store(index, "a", "a.1");
  REQUIRE(index.Pin("a", "g", 1) == true);
  REQUIRE(index.Pin("a", "g", 2) == true);
  CHECK(index.BeginDeletion("a", "h") == false);
  REQUIRE(index.Unpin("g", {1}));
  CHECK(index.BeginDeletion("a", "h") == false);
  REQUIRE(index.Unpin("g", {2}));
  CHECK(index.BeginDeletion("a", "h") == true);
  CHECK(index.BeginDeletion("a", "h") == false);
  CHECK(index.BeginDeletion("a", "g") == false);
  CHECK(index.Pin("a", "g", 3) == false);
  CHECK(index.Pin("b", "g", 4) == true);
  CHECK(index.RemoveClaimed("a", "g") == false);
  SECTION("that removes it") {
    CHECK(index.RemoveClaimed("a", "h") == true);
    CHECK(Garbage(index) == std::vector<std::string>{"a.1"});
  }
  SECTION("that removes it when nobody used it since") {
    CHECK(index.RemoveClaimed("a", "h", use) == true);
  }
  SECTION("that leaves it when somebody used it since") {
    CHECK(index.Touch("a") == true);
    CHECK(index.RemoveClaimed("a", "h", use) == false);
    CHECK(Knows(index, "a"));
  }
  REQUIRE(index.EndDeletion("a", "g"));
  CHECK(index.Pin("a", "g", 5) == false);
  REQUIRE(index.EndDeletion("a", "h"));
  CHECK(index.Pin("a", "g", 5) == true);
}

TEST_CASE("What a killed server held counts no more after a while, and it cannot delete any more",
          "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  REQUIRE(index.RenewHolder("dead", 5min));
  REQUIRE(index.RenewHolder("alive", 5min));
  (void)Store(index, "pinned", "pinned.1");
  (void)Store(index, "claimed", "claimed.1");
  REQUIRE(index.Pin("pinned", "dead", 1) == true);
  REQUIRE(index.BeginDeletion("claimed", "dead") == true);
  fixture.Advance(4min);
  REQUIRE(index.RenewHolder("alive", 5min));
  CHECK(index.BeginDeletion("pinned", "alive") == false);
  CHECK(index.Pin("claimed", "alive", 1) == false);
  fixture.Advance(2min);
  CHECK(index.BeginDeletion("pinned", "alive") == true);
  CHECK(index.Pin("claimed", "alive", 1) == true);
  // It only stood still, and goes on.
  CHECK(index.RemoveClaimed("claimed", "dead") == false);
  CHECK(index.Pin("claimed", "dead", 2).error().reason == kHolderExpired);
  REQUIRE(index.RenewHolder("alive", 5min));
  REQUIRE(index.RenewHolder("dead", 5min));
  CHECK(index.RemoveClaimed("claimed", "dead") == false);
  CHECK(Knows(index, "claimed"));
  CHECK(index.Pin("claimed", "dead", 3) == true);
}

TEST_CASE("A holder that leaves takes its pins and deletions along", "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  REQUIRE(index.RenewHolder("h", 5min));
  REQUIRE(index.RenewHolder("g", 5min));
  REQUIRE(index.Pin("a", "h", 1) == true);
  REQUIRE(index.BeginDeletion("b", "h") == true);
  REQUIRE(index.RemoveHolder("h"));
  CHECK(index.BeginDeletion("a", "g") == true);
  CHECK(index.Pin("b", "g", 1) == true);
}

TEST_CASE("However pins and deletions meet, no blob has both", "[blob_index]") {
  OVER_EVERY_BLOB_INDEX();
  REQUIRE(index.RenewHolder("h", 5min));
  std::atomic<int> inside = 0, both = 0, begun = 0;
  const auto pin = [&](int64_t number) {
    for (int i = 0; i < 30; ++i) {
      if (!index.Pin("a", "h", number * 1000 + i).value()) continue;
      if (inside.load() < 0) ++both;
      REQUIRE(index.Unpin("h", {number * 1000 + i}));
    }
  };
  const auto remove = [&] {
    for (int i = 0; i < 30; ++i) {
      if (!index.BeginDeletion("a", "h").value()) continue;
      ++begun;
      --inside;
      std::this_thread::yield();
      ++inside;
      REQUIRE(index.EndDeletion("a", "h"));
    }
  };
  std::thread first([&] { pin(1); }), second([&] { pin(2); }), third(remove);
  first.join();
  second.join();
  third.join();
  CHECK(both == 0);
  CHECK(index.BeginDeletion("a", "h") == true);
}

}  // namespace atelier::server
