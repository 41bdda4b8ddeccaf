#include "system/listening_sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

namespace atelier {
namespace {

bool ListensOn(int descriptor, int port) {
  int listens = 0;
  socklen_t size = sizeof(listens);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) return false;
  sockaddr_storage address{};
  size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (listens == 0 || ::getsockname(descriptor, any, &size) != 0) return false;
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port) == port;
  }
  return address.ss_family == AF_INET6 &&
         ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port) == port;
}

}  // namespace

std::set<int> ListeningSockets(int port) {
  std::set<int> sockets;
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (descriptor >= 0 && ListensOn(descriptor, port)) sockets.insert(descriptor);
  }
  return sockets;
}

void StopListening(int descriptor) { ::shutdown(descriptor, SHUT_RD); }

}  // namespace atelier
