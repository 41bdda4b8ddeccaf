// Whether a TCP address can be listened on, asked before or after a library failed to without
// saying why.
#pragma once

#include <string>

#include "base/result.h"

namespace atelier {

/// Listens on host:port for a moment. Port 0 is always free. UNAVAILABLE: ADDRESS_IN_USE, or
/// CANNOT_LISTEN for any other cause; both name the address and the cause.
Status CheckCanListen(const std::string& address);

}  // namespace atelier
