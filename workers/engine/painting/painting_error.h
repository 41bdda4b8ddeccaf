// What a painter of any pipeline returns when LibTorch throws in the middle of painting.
#pragma once

#include <cstddef>
#include <exception>

#include "base/result.h"

namespace atelier::engine {

/// `error` was thrown while `pictures` were painted together. RESOURCE_EXHAUSTED when memory ran
/// out, the device's or the host's: fewer pictures may fit. INTERNAL otherwise.
Unexpected PaintingError(const std::exception& error, size_t pictures);

}  // namespace atelier::engine
