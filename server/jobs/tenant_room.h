// TenantRoom: whether a tenant may store another picture.
//
// What a tenant stores is in the store; what it is about to store is counted here, so that pictures
// that come at once do not all pass before any of them is counted. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "server/store/job_store.h"
#include "server/store/tenant_limits.h"

namespace atelier::server {

class TenantRoom {
 public:
  /// Room for a picture, as long as it lives; then the store counts it. The TenantRoom must outlive
  /// it.
  class Reservation {
   public:
    Reservation(TenantRoom& room, std::string tenant, int64_t bytes)
        : room_(&room), tenant_(std::move(tenant)), bytes_(bytes) {}
    Reservation(Reservation&& other) noexcept
        : room_(std::exchange(other.room_, nullptr)),
          tenant_(std::move(other.tenant_)),
          bytes_(other.bytes_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation() {
      if (room_) room_->Release(tenant_, bytes_);
    }

   private:
    TenantRoom* room_;
    std::string tenant_;
    int64_t bytes_;
  };

  /// A tenant's pictures may take its stored_bytes. References must outlive it.
  TenantRoom(JobStore& store, const TenantLimitTable& limits) : store_(store), limits_(limits) {}

  /// RESOURCE_EXHAUSTED / TENANT_STORAGE_QUOTA when `bytes` more do not fit.
  Result<Reservation> Reserve(const std::string& tenant, int64_t bytes);

 private:
  void Release(const std::string& tenant, int64_t bytes);

  JobStore& store_;
  const TenantLimitTable& limits_;
  Mutex mutex_;
  std::unordered_map<std::string, int64_t> reserved_ GUARDED_BY(mutex_);  // Without zeros.
};

}  // namespace atelier::server
