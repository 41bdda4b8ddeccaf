// The one place that knows which kinds of stores there are.
#pragma once

#include <memory>
#include <string>

#include "server/storage/storage_failure.h"
#include "server/store/server_store.h"

namespace atelier::server {

struct ServerStoreOptions {
  /// The server's folder, in which jobs.sqlite is.
  std::string data;
  /// A PostgreSQL connection string or URI in its place; empty: none.
  std::string database;
  /// Of PostgreSQL.
  int connections = 16;
};

/// Opens or makes the tables, for this server alone. What it may fail with beside the disk:
/// NEWER_SCHEMA; of PostgreSQL NO_LIBPQ, STORE_IN_USE and STORE_UNAVAILABLE.
Result<std::unique_ptr<ServerStore>> OpenServerStore(const ServerStoreOptions& options,
                                                     OnStorageFailure on_failure = {});

}  // namespace atelier::server
