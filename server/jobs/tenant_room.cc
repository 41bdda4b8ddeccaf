#include "server/jobs/tenant_room.h"

namespace atelier::server {

Result<TenantRoom::Reservation> TenantRoom::Reserve(const std::string& tenant, int64_t bytes) {
  const int64_t max_bytes = limits_.Of(tenant).stored_bytes;
  if (max_bytes == 0) return Reservation(*this, tenant, 0);
  // Under the lock: what leaves the reservations is in the store before.
  const MutexLock lock(mutex_);
  ATELIER_ASSIGN_OR_RETURN(const TenantUsage usage, store_.UsageOf(tenant));
  int64_t& reserved = reserved_[tenant];
  const int64_t there = usage.stored_bytes + reserved;
  if (there + bytes > max_bytes) {
    if (reserved == 0) reserved_.erase(tenant);
    return MakeError(Code::kResourceExhausted, "TENANT_STORAGE_QUOTA",
                     "the stored pictures of tenant " + tenant + " must be at most " +
                         std::to_string(max_bytes) + " bytes. Given: " + std::to_string(bytes) +
                         " more than the " + std::to_string(there) + " that are there");
  }
  reserved += bytes;
  return Reservation(*this, tenant, bytes);
}

void TenantRoom::Release(const std::string& tenant, int64_t bytes) {
  if (bytes == 0) return;
  const MutexLock lock(mutex_);
  const auto found = reserved_.find(tenant);
  if (found == reserved_.end()) return;
  found->second -= bytes;
  if (found->second <= 0) reserved_.erase(found);
}

}  // namespace atelier::server
