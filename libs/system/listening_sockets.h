// The sockets that a library listens on and keeps to itself.
#pragma once

#include <set>

namespace atelier {

/// Descriptors of this process' sockets that listen on that TCP port, whatever the address.
std::set<int> ListeningSockets(int port);

/// Ends the listening of such a socket, which stays open: who connects finds another one that
/// listens on the port, or nobody. Connections that were accepted live on.
void StopListening(int descriptor);

}  // namespace atelier
