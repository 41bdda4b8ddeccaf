// The numbered steps from an empty schema to the present one. A released step never changes.
//
// A step that servers of the version before can work with says so in a line of its own,
//
//     -- compatible_from: 4
//
// with the oldest version whose servers can: those that run then go on, and may be started, while
// others already have the new version. Such a step adds what older statements need not know of:
// tables, indexes, columns with a default. A step without the line is made only while no server
// runs.
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

/// Takes the database to the newest version of `steps` in one transaction; servers that start at
/// the same time wait for each other, and one of them does it. FAILED_PRECONDITION / NEWER_SCHEMA
/// when a newer server wrote it and this one cannot work with it; STORE_IN_USE when servers run
/// that cannot work with the newest version.
Status Migrate(Connection& connection, const std::vector<Migration>& steps = Migrations());

}  // namespace atelier::server::postgres
