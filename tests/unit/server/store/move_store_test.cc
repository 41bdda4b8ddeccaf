#include "server/migration/move_store.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "conformance/postgres_server.h"
#include "conformance/store_fixture.h"
#include "server/storage/data_lock.h"
#include "support/temp_dir.h"

namespace atelier::server {
namespace {

std::unique_ptr<ServerStore> OpenFile(const testing::TempDir& data) {
  auto store = SqliteStore::Open((data.path() / "jobs.sqlite").string());
  REQUIRE(store.has_value());
  return *std::move(store);
}

std::unique_ptr<ServerStore> OpenDatabase(const std::string& url) {
  auto store = PostgresStore::Open({.connection = {.url = url}, .connections = 4});
  INFO((store ? "" : store.error().message));
  REQUIRE(store.has_value());
  return *std::move(store);
}

Status RunUnder(const std::string& worker, JobRecord& job) {
  job.state = JobState::kRunning;
  job.lease = Lease{NewLeaseToken(), worker, job.attempt % 2 == 1, 70'000 + job.rank_ms};
  ++job.attempt;
  return {};
}

// Three tenants with jobs of two models in every state, some of which were queued again.
void Fill(ServerStore& store) {
  for (int i = 0; i < 40; ++i) {
    JobRecord job = MakeJobOf("tenant" + std::to_string(i % 3), "job" + std::to_string(i),
                              i % 5 * 1000, i % 2 == 0 ? "a|1" : "b|2");
    job.request_id = i % 4 == 0 ? "request" + std::to_string(i) : "";
    job.request_hash = job.request_id;
    job.step_pixels = 100 + i;
    job.outcome = std::string("out\0come", 8);
    REQUIRE(store.Insert(job, {}).has_value());
  }
  const auto run = [](JobRecord& job) { return RunUnder("worker1", job); };
  REQUIRE(store.TakeQueued({"a"}, 4, run).has_value());
  REQUIRE(store.TakeQueued({"b"}, 3, run).has_value());
  REQUIRE(store.TakeQueued({"a", "b"}, 2, run).has_value());
  const std::vector<JobRecord> running = store.ListRunning().value();
  REQUIRE(running.size() > 4);
  REQUIRE(store.Update(running[0].id, Requeue).has_value());
  REQUIRE(store.Update(running[1].id, [](JobRecord& job) -> Status {
    job.state = JobState::kSucceeded;
    job.ended_ms = 5;
    job.device_ms = 1234;
    job.pictures = 3;
    return {};
  }));
  // Of a tenant whose jobs are all forgotten the use is remembered.
  REQUIRE(store.Insert(MakeJobOf("gone", "gone1"), {}).has_value());
  REQUIRE(store.Update("gone1", [](JobRecord& job) -> Status {
    job.state = JobState::kFailed;
    job.ended_ms = 6;
    job.device_ms = 77;
    return {};
  }));
  REQUIRE(store.Delete("gone1"));

  const std::string one(64, '1'), two(64, '2');
  REQUIRE(store.AddAssetOwner({one, "tenant0", 10, 1000}).Wait());
  REQUIRE(store.AddAssetOwner({one, "tenant1", 11, 1000}).Wait());
  REQUIRE(store.AddAssetOwner({two, "nobody else", 12, 0}).Wait());
  // One picture lies in S3, another was being written when the server was stopped.
  BlobIndex& blobs = store.blob_index();
  REQUIRE(blobs.BeginPut(one, "object 1", 1000, 0).has_value());
  REQUIRE(blobs.EndPut("object 1").has_value());
  REQUIRE(blobs.BeginPut(two, "object 2", 30, 0).has_value());
  REQUIRE(store.PutModel("models/a", std::string("\x0a\0model", 7)));
  REQUIRE(
      store.PutToken({"0123456789abcdef", std::string(64, 'a'), "tenant0", 7, "shop", 1, 2, 3}));
}

// Of every job all but its number.
std::vector<JobRecord> JobsIn(ServerStore& store) {
  std::vector<JobRecord> jobs = store.List(1000, std::numeric_limits<int64_t>::max()).value();
  for (JobRecord& job : jobs) job.sequence = 0;
  return jobs;
}

// In which order they are leased.
std::vector<std::string> OrderOf(ServerStore& store) {
  std::vector<std::string> order;
  const auto end = [](JobRecord& job) -> Status {
    job.state = JobState::kCancelled;
    return {};
  };
  while (true) {
    const std::vector<JobRecord> taken = store.TakeQueued({"a", "b"}, 1, end).value();
    if (taken.empty()) return order;
    order.push_back(taken.front().id);
  }
}

TEST_CASE("A stopped server's queue is in the database as it was in the file", "[store]") {
  const testing::TempDir data;
  const std::string url = testing::FreshPostgresUrl();
  Fill(*OpenFile(data));
  const auto moved = MoveStore(data.path(), url);
  INFO((moved ? "" : moved.error().message));
  REQUIRE(moved.has_value());
  CHECK(moved->jobs == 40);
  CHECK(moved->owners == 3);
  CHECK(moved->models == 1);
  CHECK(moved->tokens == 1);

  const auto file = OpenFile(data), database = OpenDatabase(url);
  CHECK(JobsIn(*database) == JobsIn(*file));
  const auto counts = database->Count().value(), before = file->Count().value();
  CHECK(counts.queued == before.queued);
  CHECK(counts.running == before.running);
  CHECK(counts.finished == before.finished);
  CHECK(database->LoadOfTenant("tenant1")->step_pixels ==
        file->LoadOfTenant("tenant1")->step_pixels);
  CHECK(database->LoadOf("worker1").value() == file->LoadOf("worker1").value());
  CHECK(database->ListUsage().value() == file->ListUsage().value());
  CHECK(database->ListUsage()->size() == 3);
  CHECK(database->ListTokens().value() == file->ListTokens().value());
  CHECK(database->ListModels().value() == file->ListModels().value());
  CHECK(database->ListUnsizedAssets(10).value() == file->ListUnsizedAssets(10).value());
  CHECK(database->ListAssetOwners(std::string(64, '1')).value() ==
        file->ListAssetOwners(std::string(64, '1')).value());
  BlobIndex& blobs = database->blob_index();
  CHECK(blobs.Bytes().value() == file->blob_index().Bytes().value());
  CHECK(blobs.Bytes().value() == 1030);
  const auto blob = blobs.Find(std::string(64, '1')).value();
  REQUIRE(blob.has_value());
  CHECK(blob->object == "object 1");
  // What was being written can still be ended.
  CHECK(blobs.EndPut("object 2")->has_value());
  const std::vector<std::string> order = OrderOf(*database);
  CHECK(order.size() > 25);
  CHECK(order == OrderOf(*file));
}

TEST_CASE("A queue is moved into an empty database alone, and nothing is moved by halves",
          "[store]") {
  const testing::TempDir data;
  const std::string url = testing::FreshPostgresUrl();
  Fill(*OpenFile(data));
  const auto reason = [&] {
    const auto moved = MoveStore(data.path(), url);
    return moved ? std::string("moved") : moved.error().reason;
  };
  SECTION("a database with a job") {
    REQUIRE(OpenDatabase(url)->Insert(MakeJob("other"), {}).has_value());
    CHECK(reason() == "STORE_NOT_EMPTY");
    CHECK(OpenDatabase(url)->Count()->queued == 1);
  }
  SECTION("a database with a token") {
    REQUIRE(OpenDatabase(url)->PutToken({"0123456789abcdee", std::string(64, 'b'), "t"}));
    CHECK(reason() == "STORE_NOT_EMPTY");
  }
  SECTION("twice") {
    CHECK(reason() == "moved");
    CHECK(reason() == "STORE_NOT_EMPTY");
    CHECK(JobsIn(*OpenDatabase(url)).size() == 40);
  }
  SECTION("a row that does not fit") {
    auto connection = postgres::Connection::Open({.url = url});
    REQUIRE(connection.has_value());
    OpenDatabase(url);
    REQUIRE((*connection)->Execute("ALTER TABLE models ADD CHECK (name <> 'models/a')"));
    CHECK(reason() != "moved");
    CHECK(JobsIn(*OpenDatabase(url)).empty());
    CHECK(OpenDatabase(url)->ListUsage()->empty());
  }
}

TEST_CASE("A queue that is in use is not moved, nor one that is not there", "[store]") {
  const testing::TempDir data;
  const std::string url = testing::FreshPostgresUrl();
  SECTION("no file") {
    const auto moved = MoveStore(data.path(), url);
    REQUIRE_FALSE(moved.has_value());
    CHECK(moved.error().reason == "NO_STORE");
    CHECK_FALSE(std::filesystem::exists(data.path() / "jobs.sqlite"));
  }
  SECTION("a server runs on the folder") {
    OpenFile(data);
    const auto lock = DataLock::Take(data.path());
    REQUIRE(lock.has_value());
    const auto moved = MoveStore(data.path(), url);
    REQUIRE_FALSE(moved.has_value());
    CHECK(moved.error().reason == "DATA_IN_USE");
  }
  SECTION("a server runs on the database") {
    OpenFile(data);
    const auto server =
        PostgresStore::Open({.connection = {.url = url, .is_servers = true}, .connections = 1});
    REQUIRE(server.has_value());
    const auto moved = MoveStore(data.path(), url);
    REQUIRE_FALSE(moved.has_value());
    CHECK(moved.error().reason == "STORE_IN_USE");
  }
  SECTION("no database") {
    OpenFile(data);
    const auto moved = MoveStore(data.path(), "host=/nowhere dbname=none");
    REQUIRE_FALSE(moved.has_value());
    CHECK(moved.error().code == Code::kUnavailable);
  }
}

}  // namespace
}  // namespace atelier::server
