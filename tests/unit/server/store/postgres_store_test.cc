#include "server/store/postgres/postgres_store.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "conformance/further_migration.h"
#include "conformance/postgres_server.h"
#include "conformance/store_fixture.h"
#include "server/store/postgres/connection.h"
#include "server/store/postgres/migrations.h"
#include "support/eventually.h"

namespace atelier::server {
namespace {

std::unique_ptr<PostgresStore> OpenStore(const std::string& url, int connections = 4) {
  auto store = PostgresStore::Open({.connection = {.url = url}, .connections = connections});
  INFO((store ? "" : store.error().message));
  REQUIRE(store.has_value());
  return *std::move(store);
}

int64_t Number(const std::string& url, const std::string& sql) {
  auto connection = postgres::Connection::Open({.url = url});
  REQUIRE(connection.has_value());
  const auto rows = (*connection)->Run(sql);
  INFO((rows ? "" : rows.error().message));
  REQUIRE(rows.has_value());
  return rows->count() > 0 ? rows->Integer(0, 0) : 0;
}

TEST_CASE("Servers that start at once make the schema once", "[store]") {
  const std::string url = testing::FreshPostgresUrl();
  std::vector<std::future<bool>> servers;
  for (int i = 0; i < 4; ++i)
    servers.push_back(std::async(std::launch::async, [&url] {
      return PostgresStore::Open({.connection = {.url = url}}).has_value();
    }));
  for (auto& server : servers) CHECK(server.get());
  CHECK(Number(url, "SELECT COUNT(*) FROM schema_version") == 1);
}

TEST_CASE("A database that a newer server wrote is refused", "[store]") {
  const std::string url = testing::FreshPostgresUrl();
  OpenStore(url);
  Number(url, "UPDATE schema_version SET version = 1000, compatible_from = 1000");
  const auto store = PostgresStore::Open({.connection = {.url = url}});
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().reason == "NEWER_SCHEMA");
}

TEST_CASE("Servers before a schema that they can work with go on, and start beside newer ones",
          "[store]") {
  const std::string url = testing::FreshPostgresUrl();
  const auto known = static_cast<int64_t>(postgres::Migrations().size());
  auto running = PostgresStore::Open({.connection = {.url = url, .is_servers = true}});
  REQUIRE(running.has_value());
  REQUIRE(testing::MigrateFurther(url, {testing::Compatible(known)}).has_value());
  CHECK(Number(url, "SELECT version FROM schema_version") == known + 1);
  CHECK((*running)->Insert(MakeJob("job"), {}).has_value());
  CHECK(PostgresStore::Open({.connection = {.url = url, .is_servers = true}}).has_value());
}

TEST_CASE("A schema that servers which run cannot work with waits until they stopped", "[store]") {
  const std::string url = testing::FreshPostgresUrl();
  auto running = PostgresStore::Open({.connection = {.url = url, .is_servers = true}});
  REQUIRE(running.has_value());
  const Status refused = testing::MigrateFurther(url, {testing::kIncompatible});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "STORE_IN_USE");
  CHECK((*running)->Insert(MakeJob("job"), {}).has_value());
  running->reset();
  CHECK(testing::Eventually(
      [&] { return testing::MigrateFurther(url, {testing::kIncompatible}).has_value(); }));
  const auto older = PostgresStore::Open({.connection = {.url = url, .is_servers = true}});
  REQUIRE_FALSE(older.has_value());
  CHECK(older.error().reason == "NEWER_SCHEMA");
}

TEST_CASE("A database that cannot be written is unavailable, and so is one that is not there",
          "[store]") {
  const std::string url = testing::FreshPostgresUrl();
  const std::string read_only =
      url.substr(0, url.size() - 1) + " -c default_transaction_read_only=on'";
  for (const std::string& bad : {read_only, std::string("host=/nowhere dbname=none")}) {
    const auto store = PostgresStore::Open({.connection = {.url = bad}});
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().code == Code::kUnavailable);
    CHECK(store.error().reason == "STORE_UNAVAILABLE");
  }
}

TEST_CASE("While PostgreSQL is away calls are unavailable, and what was written is there after",
          "[store]") {
  const auto store = OpenStore(testing::FreshPostgresUrl());
  REQUIRE(store->Insert(MakeJob("before"), {}).has_value());
  testing::StopPostgres();
  const auto refused = store->Insert(MakeJob("meanwhile"), {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kUnavailable);
  CHECK(refused.error().reason == "STORE_UNAVAILABLE");
  CHECK_FALSE(store->Get("before").has_value());
  testing::StartPostgres();
  CHECK(testing::Eventually([&] { return store->Get("before").has_value(); }));
  CHECK(store->Insert(MakeJob("after"), {}).has_value());
  CHECK(store->Get("meanwhile").error().reason == "JOB_NOT_FOUND");
}

TEST_CASE("Connections that were lost between two calls are not noticed", "[store]") {
  const auto store = OpenStore(testing::FreshPostgresUrl());
  std::vector<std::future<bool>> reads;
  for (int i = 0; i < 8; ++i)  // so that the pool has all of its connections
    reads.push_back(std::async(std::launch::async, [&] { return store->Count().has_value(); }));
  for (auto& read : reads) CHECK(read.get());
  testing::StopPostgres();
  testing::StartPostgres();
  const auto inserted = store->Insert(MakeJob("job"), {});
  INFO((inserted ? "" : inserted.error().message));
  CHECK(inserted.has_value());
}

TEST_CASE("Several servers take every job once and leave none behind", "[store]") {
  const std::string url = testing::FreshPostgresUrl();
  constexpr int kServers = 3, kJobsEach = 60;
  std::vector<std::unique_ptr<PostgresStore>> servers;
  for (int i = 0; i < kServers; ++i) servers.push_back(OpenStore(url));
  std::atomic<int> taken = 0;
  std::mutex mutex;
  std::map<std::string, int> times;
  std::vector<std::jthread> threads;
  for (int server = 0; server < kServers; ++server) {
    threads.emplace_back([&, server] {
      for (int i = 0; i < kJobsEach; ++i) {
        const std::string id = std::to_string(server) + "-" + std::to_string(i);
        // Lanes that are emptied and entered all the time.
        const auto inserted =
            servers[server]->Insert(MakeJobOf("tenant" + std::to_string(i % 3), id), {});
        if (!inserted) FAIL_CHECK(inserted.error().message);
      }
    });
    threads.emplace_back([&, server] {
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
      while (taken < kServers * kJobsEach && std::chrono::steady_clock::now() < end) {
        const auto batch = servers[server]->TakeQueued({"a"}, 2, &Run);
        if (!batch) FAIL_CHECK(batch.error().message);
        const std::lock_guard lock(mutex);
        for (const JobRecord& job : *batch) ++times[job.id];
        taken += static_cast<int>(batch->size());
      }
    });
  }
  threads.clear();
  CHECK(times.size() == kServers * kJobsEach);
  for (const auto& [id, count] : times) CHECK(count == 1);
  CHECK(servers[0]->Count()->queued == 0);
  CHECK(servers[0]->Count()->running == kServers * kJobsEach);
  CHECK(Number(url, "SELECT COUNT(*) FROM lanes") == 0);
}

TEST_CASE("A limit holds however many submits come at once", "[store]") {
  const std::string url = testing::FreshPostgresUrl();
  const auto first = OpenStore(url), second = OpenStore(url);
  std::atomic<int> added = 0, full = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, thread] {
        PostgresStore& store = thread % 2 == 0 ? *first : *second;
        for (int i = 0; i < 10; ++i) {
          const JobRecord job = MakeJob(std::to_string(thread) + "-" + std::to_string(i));
          const auto inserted = store.Insert(job, {.queued = 25});
          if (inserted) {
            ++added;
          } else if (inserted.error().reason == "QUEUE_FULL") {
            ++full;
          }
        }
      });
  }
  CHECK(added == 25);
  CHECK(full == 55);
}

TEST_CASE("One request that comes to several servers at once is one job", "[store]") {
  const std::string url = testing::FreshPostgresUrl();
  const auto first = OpenStore(url), second = OpenStore(url);
  for (int round = 0; round < 10; ++round) {
    std::vector<std::future<std::string>> ids;
    for (int i = 0; i < 6; ++i)
      ids.push_back(std::async(std::launch::async, [&, i] {
        JobRecord job = MakeJob(std::to_string(round) + "-" + std::to_string(i));
        job.request_id = "request" + std::to_string(round);
        job.request_hash = "hash";
        const auto inserted = (i % 2 == 0 ? first : second)->Insert(job, {});
        return inserted ? inserted->job.id : inserted.error().message;
      }));
    std::set<std::string> different;
    for (auto& id : ids) different.insert(id.get());
    CHECK(different.size() == 1);
  }
  CHECK(first->Count()->queued == 10);
}

TEST_CASE("A text that is not UTF-8 is refused and nothing of it stored", "[store]") {
  const auto store = OpenStore(testing::FreshPostgresUrl());
  JobRecord job = MakeJob("job");
  job.tenant = "\xff\xfe";
  const auto inserted = store->Insert(job, {});
  REQUIRE_FALSE(inserted.has_value());
  CHECK(inserted.error().reason == "NOT_UTF8");
  CHECK(store->Count()->queued == 0);
}

}  // namespace
}  // namespace atelier::server
