#include "server/store/lease.h"

#include "base/random_bytes.h"

namespace atelier::server {

std::string NewLeaseToken() { return RandomBytes(kLeaseTokenBytes); }

}  // namespace atelier::server
