// What every list of the API shares.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace atelier::server {

/// Entries of a page: 1 to 1000, 50 for a request that says 0. INVALID_ARGUMENT naming page_size.
Result<int> PageSize(int32_t requested);

/// That `token` is none this server made.
Unexpected BadPageToken(const std::string& token);

}  // namespace atelier::server
