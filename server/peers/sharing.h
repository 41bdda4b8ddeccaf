// Sharing: that other servers work over the same store. What needs to know of them holds a pointer
// to it, which is null where the store is this server's alone.
#pragma once

#include "server/peers/peer_outbox.h"
#include "server/store/shared_store.h"

namespace atelier::server {

struct Sharing {
  /// `store` must outlive it.
  explicit Sharing(SharedStore& store) : store(store) {}

  SharedStore& store;
  PeerOutbox outbox;
};

}  // namespace atelier::server
