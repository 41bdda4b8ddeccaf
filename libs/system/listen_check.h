// Whether a TCP address can be listened on, asked before or after a library failed to without
// saying why.
#pragma once

#include <string>

#include "base/result.h"
#include "system/file_descriptor.h"

namespace atelier {

/// Listens on host:port for a moment. Port 0 is always free. UNAVAILABLE: ADDRESS_IN_USE, or
/// CANNOT_LISTEN for any other cause; both name the address and the cause.
Status CheckCanListen(const std::string& address);

/// Of all that is between CheckCanListen() and listening on a port that others might then share:
/// one process of this machine at a time, the others wait for it, for a second at most.
class ListenTurn {
 public:
  ListenTurn();

 private:
  FileDescriptor held_;
};

}  // namespace atelier
