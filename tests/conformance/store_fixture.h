// A fresh store of each kind, and the jobs that the tests of every store put into it.
#pragma once

#include <catch2/catch.hpp>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "conformance/postgres_server.h"
#include "server/store/memory/memory_store.h"
#include "server/store/postgres/postgres_store.h"
#include "server/store/sqlite/sqlite_store.h"
#include "support/temp_dir.h"

namespace atelier::server {

// A fresh store of the kind under test.
struct StoreFixture {
  explicit StoreFixture(const std::string& kind) {
    if (kind == "memory") {
      store = std::make_unique<MemoryStore>();
    } else if (kind == "postgres") {
      auto opened = PostgresStore::Open(
          {.connection = {.url = testing::FreshPostgresUrl()}, .connections = 4});
      INFO((opened ? "" : opened.error().message));
      REQUIRE(opened.has_value());
      store = *std::move(opened);
    } else {
      store = *SqliteStore::Open((dir.path() / "jobs.sqlite").string());
    }
  }
  testing::TempDir dir;
  std::unique_ptr<JobStore> store;
};

inline JobRecord MakeJob(const std::string& id, const std::string& batch_key = "a|1") {
  JobRecord job;
  job.id = id;
  job.spec = std::string("spec\0bytes", 10);
  job.model = batch_key.substr(0, batch_key.find('|'));
  job.batch_key = batch_key;
  job.create_time_ms = 1;
  return job;
}

inline JobRecord MakeJobOf(const std::string& tenant, const std::string& id, int64_t rank_ms = 0,
                           const std::string& batch_key = "a|1") {
  JobRecord job = MakeJob(id, batch_key);
  job.tenant = tenant;
  job.rank_ms = rank_ms;
  return job;
}

inline Status Requeue(JobRecord& job) {
  job.state = JobState::kQueued;
  return {};
}

// Ends `id` at `ended_ms`.
inline void End(JobStore& store, const std::string& id, int64_t ended_ms,
                JobState state = JobState::kSucceeded) {
  REQUIRE(store.Update(id, [&](JobRecord& job) -> Status {
    job.state = state;
    job.ended_ms = ended_ms;
    return {};
  }));
}

inline Status Run(JobRecord& job) {
  job.state = JobState::kRunning;
  return {};
}

inline std::vector<std::string> IdsOf(const Result<std::vector<JobRecord>>& jobs) {
  std::vector<std::string> ids;
  for (const JobRecord& job : jobs.value()) ids.push_back(job.id);
  return ids;
}

using Ids = std::vector<std::string>;
inline constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

#define OVER_EVERY_STORE()                                                           \
  StoreFixture fixture(GENERATE(as<std::string>(), "memory", "sqlite", "postgres")); \
  JobStore& store = *fixture.store

}  // namespace atelier::server
