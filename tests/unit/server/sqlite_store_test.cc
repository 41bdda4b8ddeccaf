#include "server/store/sqlite/sqlite_store.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <thread>

#include "server/store/sqlite/group_commit.h"
#include "server/store/sqlite/migrations.h"
#include "support/eventually.h"
#include "support/temp_dir.h"

namespace atelier::server {
namespace {

JobRecord MakeJob(const std::string& id) {
  JobRecord job;
  job.id = id;
  job.model = "models/a";
  job.batch_key = "models/a|x";
  return job;
}

}  // namespace

TEST_CASE("Queued and running jobs and models survive reopening the file", "[sqlite]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  {
    const auto store = *SqliteStore::Open(path);
    for (const char* id : {"1", "2", "3"}) REQUIRE(store->Insert(MakeJob(id), {10}).has_value());
    REQUIRE(store->PutModel("models/a", "bytes").has_value());
    const auto run = [](JobRecord& job) -> Status {
      job.state = JobState::kRunning;
      job.lease = Lease{std::string("\0five", 5), "w", true, 77};
      return {};
    };
    REQUIRE(store->TakeQueued({"models/a"}, 1, run).has_value());
  }
  const auto store = *SqliteStore::Open(path);
  CHECK(store->Count()->queued == 2);
  REQUIRE(store->ListRunning()->size() == 1);
  CHECK(store->ListRunning()->front().id == "1");
  CHECK(store->ListRunning()->front().lease == Lease{std::string("\0five", 5), "w", true, 77});
  CHECK(store->ListModels()->front().second == "bytes");
  // Sequences go on where they were.
  CHECK(store->Insert(MakeJob("4"), {10})->job.sequence == 4);
}

TEST_CASE("A write that meets a full database is told to whoever counts; a refused one is not",
          "[sqlite]") {
  const testing::TempDir dir;
  const auto database = *Database::Open((dir.path() / "jobs.sqlite").string());
  REQUIRE(database->Execute("CREATE TABLE t (bytes BLOB)").has_value());
  // SQLite's own limit does what a disk without room does.
  REQUIRE(database->Execute("PRAGMA max_page_count = 3").has_value());
  std::vector<std::string> failures;
  GroupCommit writer(*database, [&](const Error& error) { failures.push_back(error.reason); });
  const auto write = [&](int bytes) {
    return writer.Run([bytes](Database& database) -> Status {
      ATELIER_ASSIGN_OR_RETURN(Statement insert,
                               database.Prepare("INSERT INTO t VALUES (zeroblob(?))"));
      return insert.Bind(1, bytes).Run();
    });
  };
  REQUIRE(write(10).has_value());
  CHECK_FALSE(writer.Run([](Database&) -> Status { return JobNotFound("x"); }).has_value());
  CHECK(failures.empty());
  CHECK(write(100'000).error().reason == "STORAGE_FULL");
  CHECK(failures == std::vector<std::string>{"STORAGE_FULL"});
  // And the writer goes on.
  CHECK(write(10).has_value());
}

TEST_CASE("Who shares a transaction with a write that fills the disk is told so too", "[sqlite]") {
  const testing::TempDir dir;
  const auto database = *Database::Open((dir.path() / "jobs.sqlite").string());
  REQUIRE(database->Execute("CREATE TABLE t (bytes BLOB)").has_value());
  REQUIRE(database->Execute("PRAGMA max_page_count = 3").has_value());
  GroupCommit writer(*database);
  std::promise<void> gate;
  const auto write = [&](int bytes) {
    return [bytes](Database& database) -> Status {
      ATELIER_ASSIGN_OR_RETURN(Statement insert,
                               database.Prepare("INSERT INTO t VALUES (zeroblob(?))"));
      return insert.Bind(1, bytes).Run();
    };
  };
  // The first one holds the writer until the others wait, so that they share the next transaction.
  const auto run = [&](const GroupCommit::Work& work) {
    return std::async(std::launch::async, [&writer, work] { return writer.Run(work); });
  };
  std::promise<void> held;
  auto first = run([&](Database&) -> Status {
    held.set_value();
    gate.get_future().wait();
    return {};
  });
  held.get_future().wait();
  std::vector<std::future<Status>> others;
  for (const int bytes : {10, 100'000, 11}) others.push_back(run(write(bytes)));
  REQUIRE(testing::Eventually([&] { return writer.waiting() == 3; }));
  gate.set_value();
  CHECK(first.get().has_value());
  for (auto& other : others) {
    const Status status = other.get();
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().reason == "STORAGE_FULL");
  }
  CHECK(writer.Run(write(10)).has_value());
}

TEST_CASE("A database of a newer server is refused and left alone", "[sqlite]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  REQUIRE((*Database::Open(path))->Execute("PRAGMA user_version = 999").has_value());
  const auto store = SqliteStore::Open(path);
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().reason == "NEWER_SCHEMA");
}

TEST_CASE("A database of the first release keeps its jobs, their order and its request ids",
          "[sqlite]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  {
    const auto old = *Database::Open(path);
    for (int step = 0; step < 2; ++step) REQUIRE(old->Execute(Migrations()[step].sql).has_value());
    REQUIRE(
        old->Execute("PRAGMA user_version = 2;"
                     "INSERT INTO jobs VALUES"
                     " (7, 'late', x'', 'a', 'a|1', 1, 0, 0, 0, 500, 0, 0, x'', '', '', 'r', 'h',"
                     "  ''),"
                     " (8, 'run', x'', 'a', 'a|1', 2, 1, 1, 0, 400, 450, 0, x'', '', '', '', '',"
                     "  ''),"
                     " (9, 'early', x'', 'a', 'a|1', 1, 0, 0, 0, 300, 0, 0, x'', '', '', '', '',"
                     "  ''),"
                     " (10, 'done', x'', 'a', 'a|1', 3, 1, 1, 0, 200, 250, 280, x'', '', '', '',"
                     "  '', '')")
            .has_value());
  }
  const auto store = *SqliteStore::Open(path);
  CHECK(store->Count()->queued == 2);
  CHECK(store->Count()->running == 1);
  CHECK(store->Count()->finished == 1);
  // Its worker's number is a token no more: the lease is there, and over.
  const auto leases = store->ListExpiredLeases(500);
  REQUIRE(leases->size() == 1);
  CHECK(leases->at(0).job == "run");
  CHECK(leases->at(0).lease.token.size() == kLeaseTokenBytes);
  CHECK_FALSE(store->Get("done")->lease.has_value());
  CHECK(store->LatestMs() == 500);
  CHECK(store->FindRequest("default", "r")->value().id == "late");
  CHECK(store->CountAhead(*store->Get("late")) == 1);
  const auto run = [](JobRecord& job) -> Status {
    job.state = JobState::kRunning;
    return {};
  };
  const auto taken = store->TakeQueued({"a"}, 2, run);
  REQUIRE(taken->size() == 2);
  CHECK(taken->at(0).id == "early");
  CHECK(store->Prune(281, 100, 10) == 1);
}

TEST_CASE("Turns and places in the queue survive reopening the file", "[sqlite]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  const auto run = [](JobRecord& job) -> Status {
    job.state = JobState::kRunning;
    return {};
  };
  {
    const auto store = *SqliteStore::Open(path);
    for (const char* id : {"x1", "x2", "x3", "y1"}) {
      JobRecord job = MakeJob(id);
      job.tenant = id[0];
      REQUIRE(store->Insert(job, {10}).has_value());
    }
    REQUIRE(store->TakeQueued({"models/a"}, 1, run)->at(0).id == "x1");
  }
  const auto store = *SqliteStore::Open(path);
  CHECK(store->CountAhead(*store->Get("x3")) == 2);
  CHECK(store->TakeQueued({"models/a"}, 1, run)->at(0).id == "y1");
  CHECK(store->TakeQueued({"models/a"}, 1, run)->at(0).id == "x2");
}

TEST_CASE("The log stays short while commits go on, and nothing in it is lost", "[sqlite]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  constexpr int kJobs = 300;
  // About a hundred pages a commit: several times what the log may hold.
  const std::string spec(400'000, 's');
  {
    const auto store = *SqliteStore::Open(path);
    uintmax_t longest = 0;
    for (int i = 0; i < kJobs; ++i) {
      JobRecord job = MakeJob(std::to_string(i));
      job.spec = spec;
      REQUIRE(store->Insert(job, {kJobs}).has_value());
      longest = std::max(longest, std::filesystem::file_size(path + "-wal"));
    }
    CHECK(longest < uintmax_t{2} * kLogPages * 4096);
    CHECK(longest > uintmax_t{kLogPages} * 4096);
    CHECK(store->Count()->queued == kJobs);
  }
  const auto store = *SqliteStore::Open(path);
  CHECK(store->Count()->queued == kJobs);
  CHECK(store->Get("0")->spec == spec);
  CHECK(store->Get(std::to_string(kJobs - 1))->spec == spec);
}

TEST_CASE("A file that is no database is an error, not a crash", "[sqlite]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  std::ofstream(path) << std::string(4096, 'x');
  CHECK_FALSE(SqliteStore::Open(path).has_value());
  CHECK_FALSE(SqliteStore::Open((dir.path() / "no" / "folder").string()).has_value());
}

TEST_CASE("A failing migration names itself and leaves no half of it", "[sqlite]") {
  const testing::TempDir dir;
  const auto database = *Database::Open((dir.path() / "jobs.sqlite").string());
  // The second step meets a table that is there already.
  REQUIRE(database->Execute("CREATE TABLE models (x)").has_value());
  const Status status = Migrate(*database);
  REQUIRE_FALSE(status.has_value());
  CHECK_THAT(status.error().message, Catch::StartsWith("migration 0002_models"));
  REQUIRE(database->Execute("DROP TABLE models").has_value());
  CHECK(Migrate(*database).has_value());
}

TEST_CASE("Work that fails in a shared commit takes nothing with it", "[sqlite]") {
  const testing::TempDir dir;
  const auto database = *Database::Open((dir.path() / "x.sqlite").string());
  REQUIRE(database->Execute("CREATE TABLE t (x INTEGER PRIMARY KEY)").has_value());
  {
    GroupCommit writer(*database);
    std::vector<std::thread> threads;
    std::vector<Status> results(16);
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&, i] {
        results[i] = writer.Run([i](Database& database) -> Status {
          auto insert = database.Prepare("INSERT INTO t VALUES (?)");
          ATELIER_RETURN_IF_ERROR(insert->Bind(1, i).Run());
          // Odd work fails after it wrote.
          return i % 2 == 0 ? Status() : MakeError(Code::kAborted, "ODD", "odd");
        });
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < 16; ++i) CHECK(results[i].has_value() == (i % 2 == 0));
  }
  auto count = database->Prepare("SELECT COUNT(*), SUM(x % 2) FROM t");
  REQUIRE(count->Step() == true);
  CHECK(count->Integer(0) == 8);
  CHECK(count->Integer(1) == 0);
}

}  // namespace atelier::server
