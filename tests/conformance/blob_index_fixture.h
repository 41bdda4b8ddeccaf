// A fresh index of blobs of each kind, whose clock a test moves.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "conformance/postgres_server.h"
#include "server/store/memory/memory_blob_index.h"
#include "server/store/postgres/postgres_store.h"
#include "server/store/sqlite/sqlite_store.h"
#include "support/temp_dir.h"
#include "unit/server/fake_clock.h"

namespace atelier::server {

struct IndexFixture {
  explicit IndexFixture(const std::string& kind) {
    if (kind == "memory") {
      memory = std::make_unique<MemoryBlobIndex>(clock);
      index = memory.get();
      return;
    }
    if (kind == "sqlite") {
      store = *SqliteStore::Open((dir.path() / "jobs.sqlite").string(), {}, clock);
    } else {
      url = testing::FreshPostgresUrl();
      store = *PostgresStore::Open({.connection = {.url = url}, .connections = 8});
    }
    index = &store->blob_index();
  }

  /// Moves the index's clock, and that of who uses it, on.
  void Advance(std::chrono::milliseconds time) {
    clock.Advance(time);
    advanced += time;
    SetDatabaseClock();
  }
  /// Somebody sets the index's clock alone.
  void JumpWall(std::chrono::milliseconds by) {
    clock.JumpWall(by);
    advanced += by;
    SetDatabaseClock();
  }

  testing::TempDir dir;
  FakeClock clock;
  std::chrono::milliseconds advanced{0};
  std::string url;
  std::unique_ptr<MemoryBlobIndex> memory;
  std::unique_ptr<ServerStore> store;
  BlobIndex* index = nullptr;

 private:
  // PostgreSQL's goes on by itself; how far it is set forward is ours to say.
  void SetDatabaseClock() {
    if (url.empty()) return;
    const auto connection = postgres::Connection::Open({.url = url});
    REQUIRE(connection.has_value());
    REQUIRE((*connection)
                ->Execute("CREATE OR REPLACE FUNCTION blob_now_ns() RETURNS BIGINT LANGUAGE SQL"
                          " VOLATILE AS 'SELECT (EXTRACT(EPOCH FROM clock_timestamp())"
                          " * 1000000000)::BIGINT + " +
                          std::to_string(advanced.count()) + "000000'"));
  }
};

#define OVER_EVERY_BLOB_INDEX()                                                      \
  IndexFixture fixture(GENERATE(as<std::string>(), "memory", "sqlite", "postgres")); \
  BlobIndex& index = *fixture.index

}  // namespace atelier::server
