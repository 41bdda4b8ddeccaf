#include "system/listen_check.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <thread>

namespace atelier {
namespace {

Status Failure(const std::string& address, const std::string& why) {
  return MakeError(Code::kUnavailable, "CANNOT_LISTEN", "cannot listen on " + address + ": " + why);
}

/// 0 or the errno of the first step that failed.
int ListenOnce(const addrinfo& where) {
  const FileDescriptor listener(::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener.is_open()) return errno;
  // As servers do: a connection that is still closing does not hold its port.
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const bool listens = ::bind(listener.get(), where.ai_addr, where.ai_addrlen) == 0 &&
                       ::listen(listener.get(), 1) == 0;
  return listens ? 0 : errno;
}

}  // namespace

Status CheckCanListen(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return Failure(address, "it is no host:port");
  std::string host = address.substr(0, colon);
  // "[::1]" of an address is "::1" to the resolver.
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const std::string port = address.substr(colon + 1);
  if (const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    return Failure(address, ::gai_strerror(error));
  }
  const int cause = ListenOnce(*found);
  ::freeaddrinfo(found);
  if (cause == 0) return {};
  if (cause != EADDRINUSE) return Failure(address, std::strerror(cause));
  return MakeError(Code::kUnavailable, "ADDRESS_IN_USE", "another process listens on " + address);
}

ListenTurn::ListenTurn() {
  // A name that no file has, and that one socket at a time can be bound to.
  constexpr char kName[] = "\0atelier-listen-turn";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, kName, sizeof(kName) - 1);
  const socklen_t size = offsetof(sockaddr_un, sun_path) + sizeof(kName) - 1;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  held_ = FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  while (::bind(held_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    if (errno != EADDRINUSE || std::chrono::steady_clock::now() > deadline) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace atelier
