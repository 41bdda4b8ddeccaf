#include "server/open_store.h"

#include <utility>

#include "server/store/postgres/postgres_store.h"
#include "server/store/sqlite/sqlite_store.h"

namespace atelier::server {

Result<std::unique_ptr<ServerStore>> OpenServerStore(const ServerStoreOptions& options,
                                                     OnStorageFailure on_failure) {
  if (options.database.empty())
    return SqliteStore::Open(options.data + "/jobs.sqlite", std::move(on_failure));
  auto store = PostgresStore::Open({.connection = {.url = options.database, .is_servers = true},
                                    .connections = options.connections},
                                   std::move(on_failure));
  // The URL is not shown: it may hold a password.
  if (!store) return Propagate(store.error(), "database");
  return store;
}

}  // namespace atelier::server
