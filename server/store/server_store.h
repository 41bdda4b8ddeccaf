// ServerStore: all tables of a server.
#pragma once

#include "server/store/job_store.h"
#include "server/store/shared_store.h"
#include "server/store/token_store.h"

namespace atelier::server {

class ServerStore : public JobStore, public TokenStore {
 public:
  /// What several servers over this store share; null for a store that belongs to one server at a
  /// time. Lives as long as the store.
  virtual SharedStore* shared() { return nullptr; }
};

}  // namespace atelier::server
