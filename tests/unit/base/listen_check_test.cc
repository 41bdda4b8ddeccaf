#include "system/listen_check.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace atelier {

TEST_CASE("A taken port is told from one that can never be listened on", "[listen]") {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const std::string taken = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));

  const Status refused = CheckCanListen(taken);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "ADDRESS_IN_USE");
  CHECK(refused.error().message.find(taken) != std::string::npos);
  ::close(listener);
  CHECK(CheckCanListen(taken).has_value());
  CHECK(CheckCanListen("127.0.0.1:0").has_value());

  // An address for documents, which no machine has.
  const Status elsewhere = CheckCanListen("203.0.113.1:7460");
  REQUIRE_FALSE(elsewhere.has_value());
  CHECK(elsewhere.error().reason == "CANNOT_LISTEN");
  CHECK_FALSE(CheckCanListen("no.such.host.invalid:1").has_value());
  CHECK_FALSE(CheckCanListen("127.0.0.1").has_value());
}

}  // namespace atelier
