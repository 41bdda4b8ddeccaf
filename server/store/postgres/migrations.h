// The numbered steps from an empty schema to the present one. A released step never changes.
#pragma once

#include <vector>

#include "server/store/postgres/connection.h"

namespace atelier::server::postgres {

struct Migration {
  /// File name without ".sql", e.g. "0001_queue".
  const char* name;
  const char* sql;
};

/// In order; step i makes schema version i + 1. Embedded at build time.
const std::vector<Migration>& Migrations();

/// Takes the database to the newest version in one transaction; servers that start at the same
/// time wait for each other, and one of them does it. FAILED_PRECONDITION / NEWER_SCHEMA when a
/// newer server wrote it.
Status Migrate(Connection& connection);

}  // namespace atelier::server::postgres
