// Moves the queue of a stopped server from its SQLite file into a PostgreSQL database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace atelier::server {

/// Rows that were moved.
struct MovedRows {
  int64_t jobs = 0;
  /// Of tenants and pictures that they stored.
  int64_t owners = 0;
  int64_t models = 0;
  int64_t tokens = 0;
  /// Tenants whose use was counted.
  int64_t tenants = 0;
};

/// Copies everything that `data`/jobs.sqlite holds into the database of `url`, a libpq connection
/// string or URI, in one transaction: either all of it is there afterwards or nothing. Jobs keep
/// their order and their leases, tenants their turns. The file is taken to the newest schema first
/// and is otherwise left as it is.
///
/// NOT_FOUND / NO_STORE when there is no such file; FAILED_PRECONDITION / DATA_IN_USE while a
/// server runs on `data`, STORE_IN_USE while one runs on the database, STORE_NOT_EMPTY when the
/// database holds anything of a server already, NEWER_SCHEMA; UNAVAILABLE / STORE_UNAVAILABLE.
Result<MovedRows> MoveStore(const std::filesystem::path& data, const std::string& url);

}  // namespace atelier::server
