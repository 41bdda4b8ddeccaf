// The numbered steps from an empty file to the present schema. A released step never changes.
#pragma once

#include <vector>

#include "server/store/sqlite/database.h"

namespace atelier::server {

struct Migration {
  /// File name without ".sql", e.g. "0001_jobs".
  const char* name;
  const char* sql;
};

/// In order; step i makes schema version i + 1. Embedded at build time.
const std::vector<Migration>& Migrations();

/// Takes the database to the newest version, each step in one transaction. FAILED_PRECONDITION /
/// NEWER_SCHEMA when a newer server wrote it.
Status Migrate(Database& database);

}  // namespace atelier::server
