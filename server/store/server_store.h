// ServerStore: all tables of a server.
#pragma once

#include "server/store/job_store.h"
#include "server/store/token_store.h"

namespace atelier::server {

class ServerStore : public JobStore, public TokenStore {};

}  // namespace atelier::server
