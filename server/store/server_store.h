// ServerStore: all tables of a server.
#pragma once

#include "server/store/blob_index.h"
#include "server/store/job_store.h"
#include "server/store/shared_store.h"
#include "server/store/token_store.h"

namespace atelier::server {

class ServerStore : public JobStore, public TokenStore {
 public:
  /// The rows of blobs that several servers share. It goes with the store.
  virtual BlobIndex& blob_index() = 0;
  /// What several servers over this store share; null for a store that belongs to one server at a
  /// time. Lives as long as the store.
  virtual SharedStore* shared() { return nullptr; }
};

}  // namespace atelier::server
