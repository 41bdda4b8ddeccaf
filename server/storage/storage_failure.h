// What a store tells of writes that failed because of the disk and not because of the caller, so
// that they are counted whoever asked for them: a client, a worker, or the server's own upkeep.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace atelier::server {

/// Reasons of writes that failed: no room, pictures' files or objects, S3 away, the database, its
/// lock.
inline constexpr std::array<std::string_view, 5> kStorageFailures = {
    "STORAGE_FULL", "STORAGE_FAILED", "STORAGE_UNAVAILABLE", "STORE_FAILED", "STORE_BUSY"};

inline bool IsStorageFailure(const Error& error) {
  return std::find(kStorageFailures.begin(), kStorageFailures.end(), error.reason) !=
         kStorageFailures.end();
}

/// Called from any thread, once for each write that failed; the reason is one of kStorageFailures.
/// Empty: nobody counts.
using OnStorageFailure = std::function<void(const Error&)>;

/// Tells `on_failure` when `status` is such a failure.
template <typename AnyResult>
void TellStorageFailure(const AnyResult& status, const OnStorageFailure& on_failure) {
  if (!status && on_failure && IsStorageFailure(status.error())) on_failure(status.error());
}

}  // namespace atelier::server
