// What every JobStore must do, run over each of them.
#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <thread>

#include "server/store/memory/memory_store.h"
#include "server/store/sqlite/sqlite_store.h"
#include "support/temp_dir.h"

namespace atelier::server {
namespace {

// A fresh store of the kind under test.
struct Fixture {
  explicit Fixture(const std::string& kind) {
    if (kind == "memory") {
      store = std::make_unique<MemoryStore>();
    } else {
      store = *SqliteStore::Open((dir.path() / "jobs.sqlite").string());
    }
  }
  testing::TempDir dir;
  std::unique_ptr<JobStore> store;
};

JobRecord MakeJob(const std::string& id, const std::string& batch_key = "a|1") {
  JobRecord job;
  job.id = id;
  job.spec = std::string("spec\0bytes", 10);
  job.model = batch_key.substr(0, batch_key.find('|'));
  job.batch_key = batch_key;
  job.create_time_ms = 1;
  return job;
}

Status Run(JobRecord& job) {
  job.state = JobState::kRunning;
  return {};
}

std::vector<std::string> IdsOf(const Result<std::vector<JobRecord>>& jobs) {
  std::vector<std::string> ids;
  for (const JobRecord& job : jobs.value()) ids.push_back(job.id);
  return ids;
}

using Ids = std::vector<std::string>;
constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

#define OVER_EVERY_STORE()                                          \
  Fixture fixture(GENERATE(as<std::string>(), "memory", "sqlite")); \
  JobStore& store = *fixture.store

}  // namespace

TEST_CASE("A record comes back as it was stored, every field", "[store]") {
  OVER_EVERY_STORE();
  JobRecord job = MakeJob("one");
  job.request_id = "r";
  job.request_hash = "h";
  job.traceparent = "00-t";
  const auto inserted = store.Insert(job, 10);
  REQUIRE(inserted.has_value());
  job.sequence = inserted->job.sequence;
  CHECK(store.Get("one") == job);
  const auto updated = store.Update("one", [&](JobRecord& row) -> Status {
    row.state = JobState::kFailed;
    row.attempt = 3;
    row.lease_token = 7;
    row.cancel_requested = true;
    row.start_time_ms = 11;
    row.end_time_ms = 12;
    row.outcome = std::string("\0out", 4);
    row.error_reason = "R";
    row.error_message = "M";
    return {};
  });
  REQUIRE(updated.has_value());
  CHECK(store.Get("one") == *updated);
  CHECK(store.Get("one")->outcome == std::string("\0out", 4));
  CHECK(store.Get("two").error().code == Code::kNotFound);
}

TEST_CASE("A refused mutation leaves the row as it was", "[store]") {
  OVER_EVERY_STORE();
  const auto inserted = store.Insert(MakeJob("one"), 10);
  REQUIRE(inserted.has_value());
  const auto refused = store.Update("one", [](JobRecord& job) -> Status {
    job.attempt = 99;
    return MakeError(Code::kAborted, "NO", "no");
  });
  CHECK(refused.error().reason == "NO");
  CHECK(store.Get("one") == inserted->job);
  CHECK(store.Update("two", Run).error().code == Code::kNotFound);
  const auto taken = store.TakeQueued(
      {"a"}, 1, [](JobRecord&) -> Status { return MakeError(Code::kAborted, "NO", "no"); });
  CHECK_FALSE(taken.has_value());
  CHECK(store.Count()->queued == 1);
}

TEST_CASE("The same request id joins the older job, another body is refused", "[store]") {
  OVER_EVERY_STORE();
  JobRecord job = MakeJob("one");
  job.request_id = "r";
  job.request_hash = "h";
  REQUIRE(store.Insert(job, 1).has_value());
  job.id = "two";
  const auto again = store.Insert(job, 1);  // In a full queue too.
  REQUIRE(again.has_value());
  CHECK(again->joined);
  CHECK(again->job.id == "one");
  job.request_hash = "other";
  CHECK(store.Insert(job, 1).error().reason == "REQUEST_ID_REUSED");
  CHECK(store.FindRequest("r")->value().id == "one");
  CHECK_FALSE(store.FindRequest("s")->has_value());
  CHECK_FALSE(store.FindRequest("")->has_value());
  CHECK(store.Count()->queued == 1);
}

TEST_CASE("A full queue refuses the next job until one leaves it", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("one"), 2).has_value());
  REQUIRE(store.Insert(MakeJob("two"), 2).has_value());
  CHECK(store.Insert(MakeJob("three"), 2).error().reason == "QUEUE_FULL");
  REQUIRE(store.Update("one", Run).has_value());
  CHECK(store.Insert(MakeJob("three"), 2).has_value());
}

TEST_CASE("A batch holds the oldest job of the models and its key alone, by age", "[store]") {
  OVER_EVERY_STORE();
  for (const auto& [id, key] : std::vector<std::pair<std::string, std::string>>{{"1", "other|x"},
                                                                                {"2", "a|x"},
                                                                                {"3", "a|y"},
                                                                                {"4", "a|x"},
                                                                                {"5", "b|x"},
                                                                                {"6", "a|x"}}) {
    REQUIRE(store.Insert(MakeJob(id, key), 10).has_value());
  }
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 2, Run)) == Ids{"2", "4"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 64, Run)) == Ids{"3"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 64, Run)) == Ids{"5"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 64, Run)) == Ids{"6"});
  CHECK(IdsOf(store.TakeQueued({"a", "b"}, 64, Run)).empty());
  CHECK(IdsOf(store.ListRunning()) == Ids{"2", "3", "4", "5", "6"});
  CHECK(store.Count()->queued == 1);
  CHECK(store.Count()->running == 5);
}

TEST_CASE("A job that is queued again keeps its place", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"1", "2", "3"}) REQUIRE(store.Insert(MakeJob(id), 10).has_value());
  REQUIRE(store.TakeQueued({"a"}, 1, Run).has_value());
  CHECK(store.CountAhead(store.Get("3")->sequence) == 1);
  REQUIRE(store.Update("1", [](JobRecord& job) -> Status {
    job.state = JobState::kQueued;
    return {};
  }));
  CHECK(store.CountAhead(store.Get("3")->sequence) == 2);
  CHECK(IdsOf(store.TakeQueued({"a"}, 1, Run)) == Ids{"1"});
}

TEST_CASE("Pages go from the newest to the oldest without gap or repetition", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"1", "2", "3", "4", "5"}) {
    REQUIRE(store.Insert(MakeJob(id), 10).has_value());
  }
  const auto first = store.List(2, kNoLimit);
  CHECK(IdsOf(first) == Ids{"5", "4"});
  const auto second = store.List(2, first->back().sequence);
  CHECK(IdsOf(second) == Ids{"3", "2"});
  CHECK(IdsOf(store.List(2, second->back().sequence)) == Ids{"1"});
}

TEST_CASE("A model's newest description stays", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.PutModel("models/b", "old").has_value());
  REQUIRE(store.PutModel("models/a", std::string("\0x", 2)).has_value());
  REQUIRE(store.PutModel("models/b", "new").has_value());
  const auto models = store.ListModels();
  REQUIRE(models->size() == 2);
  CHECK((*models)[0] == std::pair<std::string, std::string>("models/a", std::string("\0x", 2)));
  CHECK((*models)[1].second == "new");
}

TEST_CASE("Many callers at once neither lose a job nor take one twice", "[store]") {
  OVER_EVERY_STORE();
  constexpr int kCallers = 8;
  constexpr int kEach = 20;
  std::vector<std::thread> threads;
  std::vector<Ids> taken(kCallers);
  for (int caller = 0; caller < kCallers; ++caller) {
    threads.emplace_back([&, caller] {
      for (int i = 0; i < kEach; ++i) {
        const auto id = std::to_string(caller) + "-" + std::to_string(i);
        (void)store.Insert(MakeJob(id), kCallers * kEach);
        for (std::string& got : IdsOf(store.TakeQueued({"a"}, 2, Run))) {
          taken[caller].push_back(std::move(got));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  size_t count = 0;
  std::set<std::string> distinct;
  for (const Ids& ids : taken) {
    count += ids.size();
    distinct.insert(ids.begin(), ids.end());
  }
  CHECK(count == kCallers * kEach);
  CHECK(distinct.size() == kCallers * kEach);
}

}  // namespace atelier::server
