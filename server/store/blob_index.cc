#include "server/store/blob_index.h"

namespace atelier::server {

Unexpected HolderExpired(const std::string& holder) {
  return MakeError(Code::kAborted, kHolderExpired, holder + " was not renewed for too long");
}

Unexpected StorageQuota(int64_t max_bytes, int64_t bytes) {
  // Not how many are there: those are other tenants', too.
  return MakeError(Code::kResourceExhausted, "STORAGE_QUOTA",
                   "all stored pictures together must be at most " + std::to_string(max_bytes) +
                       " bytes, which leaves no room for " + std::to_string(bytes) + " more");
}

}  // namespace atelier::server
