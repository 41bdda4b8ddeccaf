// The store on a disk of which every single write may fail.
#include <sqlite3.h>

#include <array>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <optional>

#include "server/store/sqlite/group_commit.h"
#include "server/store/sqlite/sqlite_store.h"
#include "support/eventually.h"
#include "support/temp_dir.h"
#include "unit/server/store/fault_vfs.h"

namespace atelier::server {
namespace {

const std::string kToken(16, 't');
const std::string kDigest(64, 'd');

JobRecord MakeJob(const std::string& id, size_t spec_bytes = 10) {
  JobRecord job;
  job.id = id;
  job.model = "models/a";
  job.batch_key = "models/a|x";
  job.spec = std::string(spec_bytes, 's');
  return job;
}

Status Lease(JobRecord& job) {
  job.state = JobState::kRunning;
  job.lease = {kToken, "w", false, 40};
  return {};
}

/// What a client and a worker do with a store, and what they were told.
struct Story {
  explicit Story(SqliteStore& store) : store(store) {}

  void Tell() {
    // More than SQLite's page cache holds: it writes before anything is committed.
    const std::vector<JobRecord> jobs = {MakeJob("small"), MakeJob("large", 3 << 20),
                                         MakeJob("last")};
    std::vector<std::future<bool>> inserts;
    for (const JobRecord& job : jobs) {
      inserts.push_back(
          std::async(std::launch::async, [&, job] { return store.Insert(job, {}).has_value(); }));
    }
    for (size_t i = 0; i < jobs.size(); ++i) stored[jobs[i].id] = inserts[i].get();
    const auto taken = store.TakeQueued({"models/a"}, 1, Lease);
    if (!taken || taken->empty()) return;
    leased = taken->front().id;
    extended = store.ExtendLease(*leased, kToken, 90).has_value();
    completed = store
                    .Update(*leased,
                            [](JobRecord& job) -> Status {
                              job.state = JobState::kSucceeded;
                              job.pictures = 1;
                              return {};
                            },
                            {{kDigest, "default", 1, 5}})
                    .has_value();
  }

  /// Whether `now` holds what was told and nothing else.
  void Check(SqliteStore& now) const {
    for (const auto& [id, there] : stored) CHECK(now.Get(id).has_value() == there);
    CHECK(now.ListUnleased()->empty());
    const bool running = leased && !completed;
    CHECK(now.ListRunning()->size() == (running ? 1 : 0));
    CHECK(now.ListExpiredLeases(1000)->size() == (running ? 1 : 0));
    if (running) CHECK(now.Get(*leased)->lease->deadline_ms == (extended ? 90 : 40));
    CHECK(now.ListAssetOwners(kDigest)->size() == (completed ? 1 : 0));
    CHECK(now.UsageOf("default")->pictures == (completed ? 1 : 0));
    CHECK(now.LoadOf("w")->any == running);
  }

  SqliteStore& store;
  std::map<std::string, bool> stored;
  std::optional<std::string> leased;
  bool extended = false;
  bool completed = false;
};

}  // namespace

TEST_CASE("Whichever write fails, what was told to be stored is there, and nothing else is",
          "[sqlite]") {
  const int result = GENERATE(SQLITE_IOERR_WRITE, SQLITE_FULL);
  int faults_met = 0;
  bool met = true;
  // The large job takes some 800 writes: not each of them.
  for (int64_t write = 0; met; write += write < 16 ? 1 : 149) {
    CAPTURE(write, result);
    const testing::TempDir dir;
    FaultVfs faults;
    const std::string path = (dir.path() / "jobs.sqlite").string();
    std::optional<Story> story;
    {
      const auto store = *SqliteStore::Open(path);
      story.emplace(*store);
      faults.FailAfter(write, result);
      story->Tell();
      met = faults.Mend();
      story->Check(*store);
      // And the store goes on.
      CHECK(store->Insert(MakeJob("after"), {}).has_value());
    }
    story->Check(**SqliteStore::Open(path));
    faults_met += met ? 1 : 0;
  }
  CHECK(faults_met > 16);
}

TEST_CASE("Work that cannot be undone alone is not committed with the others", "[sqlite]") {
  const testing::TempDir dir;
  const auto database = *Database::Open((dir.path() / "x.sqlite").string());
  REQUIRE(database->Execute("CREATE TABLE t (x INTEGER PRIMARY KEY)").has_value());
  {
    GroupCommit writer(*database);
    // Its savepoint is gone when it fails, as after an error of the disk.
    const Status status = writer.Run([](Database& database) -> Status {
      ATELIER_RETURN_IF_ERROR(database.Execute("INSERT INTO t VALUES (1)"));
      ATELIER_RETURN_IF_ERROR(database.Execute("RELEASE work"));
      return MakeError(Code::kAborted, "OWN", "its own reason");
    });
    CHECK(status.error().reason == "OWN");
  }
  auto count = database->Prepare("SELECT COUNT(*) FROM t");
  REQUIRE(count->Step() == true);
  CHECK(count->Integer(0) == 0);
}

TEST_CASE("After SQLite ended a transaction, the rest of its batch does not run by itself",
          "[sqlite]") {
  const testing::TempDir dir;
  const auto database = *Database::Open((dir.path() / "x.sqlite").string());
  REQUIRE(database->Execute("CREATE TABLE t (x INTEGER PRIMARY KEY)").has_value());
  const auto insert = [](int x) {
    return [x](Database& database) {
      return database.Execute(("INSERT INTO t VALUES (" + std::to_string(x) + ")").c_str());
    };
  };
  {
    GroupCommit writer(*database);
    std::promise<void> gate;
    std::promise<void> held;
    const auto run = [&](const GroupCommit::Work& work) {
      return std::async(std::launch::async, [&writer, work] { return writer.Run(work); });
    };
    auto first = run([&](Database&) -> Status {
      held.set_value();
      gate.get_future().wait();
      return {};
    });
    held.get_future().wait();
    std::vector<std::future<Status>> others;
    others.push_back(run(insert(1)));
    REQUIRE(testing::Eventually([&] { return writer.waiting() == 1; }));
    // It even says that all is well.
    others.push_back(run([](Database& database) { return database.Execute("ROLLBACK"); }));
    REQUIRE(testing::Eventually([&] { return writer.waiting() == 2; }));
    others.push_back(run(insert(2)));
    REQUIRE(testing::Eventually([&] { return writer.waiting() == 3; }));
    gate.set_value();
    CHECK(first.get().has_value());
    for (auto& other : others) CHECK(other.get().error().reason == "STORE_FAILED");
    CHECK(writer.Run(insert(3)).has_value());
  }
  auto rows = database->Prepare("SELECT COUNT(*), MAX(x) FROM t");
  REQUIRE(rows->Step() == true);
  CHECK(rows->Integer(0) == 1);
  CHECK(rows->Integer(1) == 3);
}

TEST_CASE("A store needs no folder for temporary files", "[sqlite]") {
  const testing::TempDir dir;
  FaultVfs faults;
  const auto database = *Database::Open((dir.path() / "x.sqlite").string());
  faults.RefuseTemporaryFiles();
  REQUIRE(database->Execute("CREATE TABLE t (bytes BLOB); INSERT INTO t VALUES (zeroblob(300000))")
              .has_value());
  GroupCommit writer(*database);
  // What the savepoint must be able to undo is more than SQLite keeps in memory by itself.
  const Status updated = writer.Run([](Database& database) {
    return database.Execute("UPDATE t SET bytes = randomblob(300000)");
  });
  CHECK(updated.has_value());
  CHECK(faults.refused_files() == 0);
}

TEST_CASE("Lists of states that nobody ever sent before cost no memory", "[sqlite]") {
  const testing::TempDir dir;
  const auto store = *SqliteStore::Open((dir.path() / "jobs.sqlite").string());
  REQUIRE(store->Insert(MakeJob("one"), {}).has_value());
  const std::array<JobState, 3> some = {JobState::kQueued, JobState::kRunning, JobState::kFailed};
  const auto list = [&](int number) {
    JobFilter filter;
    for (int digit = 0; digit < 8; ++digit, number /= 3) filter.states.Add(some[number % 3]);
    const auto jobs = store->List(10, 1000, filter);
    CHECK(jobs->size() == (filter.states.Has(JobState::kQueued) ? 1 : 0));
  };
  list(0);
  const sqlite3_int64 before = sqlite3_memory_used();
  for (int number = 0; number < 6561; ++number) list(number);
  CHECK(sqlite3_memory_used() - before < 100'000);
}

TEST_CASE("A lease whose job does not run is gone when the store is opened", "[sqlite]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  REQUIRE((*SqliteStore::Open(path))->Insert(MakeJob("one"), {}).has_value());
  REQUIRE((*Database::Open(path))
              ->Execute("INSERT INTO leases VALUES (1, x'00', 'w', 1, 5)")
              .has_value());
  const auto store = *SqliteStore::Open(path);
  CHECK(store->LoadOf("w") == WorkerLoad());
  CHECK(store->ListExpiredLeases(1000)->empty());
}

}  // namespace atelier::server
