#include "unit/server/api/silent_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

namespace atelier::testing {
namespace {

sockaddr_in LocalAddress(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int ConnectTo(int port) {
  const int peer = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = LocalAddress(port);
  if (connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(peer);
    return -1;
  }
  return peer;
}

// False: the connection is over.
bool Pass(int from, int to) {
  char bytes[65536];
  const ssize_t count = recv(from, bytes, sizeof bytes, 0);
  for (ssize_t sent = 0; sent < count;) {
    const ssize_t more = send(to, bytes + sent, static_cast<size_t>(count - sent), MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += more;
  }
  return count > 0;
}

}  // namespace

SilentProxy::SilentProxy(int port) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = LocalAddress(0);
  socklen_t size = sizeof address;
  REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(listener_, 16) == 0);
  REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, port] { Serve(port); });
}

SilentProxy::~SilentProxy() {
  over_ = true;
  thread_.join();
  close(listener_);
}

void SilentProxy::Serve(int target) {
  // Of each connection two neighbours: one side and the other.
  std::vector<int> ends;
  while (!over_) {
    std::vector<pollfd> polled{{listener_, POLLIN, 0}};
    for (const int end : ends) polled.push_back({end, POLLIN, 0});
    // Silence: a look at whether the test is over, at nothing else.
    if (poll(polled.data(), silent_ ? 0 : polled.size(), 20) <= 0) continue;
    for (size_t i = 1; i < polled.size(); ++i) {
      const size_t other = i % 2 == 1 ? i + 1 : i - 1;
      if (polled[i].revents != 0 && !Pass(polled[i].fd, polled[other].fd)) {
        shutdown(polled[i].fd, SHUT_RDWR);
        shutdown(polled[other].fd, SHUT_RDWR);
        polled[other].revents = 0;
      }
    }
    if (polled[0].revents == 0) continue;
    const int client = accept(listener_, nullptr, nullptr);
    const int server = ConnectTo(target);
    if (client < 0 || server < 0) continue;
    ends.push_back(client);
    ends.push_back(server);
  }
  for (const int end : ends) close(end);
}

}  // namespace atelier::testing
