// RawConnection: an HTTP/2 connection without gRPC, to read of it what gRPC keeps to itself.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>

#include "system/file_descriptor.h"

namespace atelier::testing {

class RawConnection {
 public:
  explicit RawConnection(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    // HTTP/2's preface and empty settings.
    const std::string hello =
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
    REQUIRE(::send(socket_.get(), hello.data(), hello.size(), 0) ==
            static_cast<ssize_t>(hello.size()));
    const timeval limit{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    // The server's settings: from now on it counts the connection.
    constexpr int kSettings = 4;
    REQUIRE(ReadUntil(kSettings));
  }
  bool ReadsGoaway() {
    constexpr int kGoaway = 7;
    return ReadUntil(kGoaway);
  }

 private:
  bool Read(char* to, size_t bytes) {
    return ::recv(socket_.get(), to, bytes, MSG_WAITALL) == static_cast<ssize_t>(bytes);
  }
  // Whether a frame of that type comes.
  bool ReadUntil(int type) {
    while (true) {
      unsigned char header[9];
      if (!Read(reinterpret_cast<char*>(header), sizeof(header))) return false;
      std::string payload(static_cast<size_t>(header[0] << 16 | header[1] << 8 | header[2]), 0);
      if (!payload.empty() && !Read(payload.data(), payload.size())) return false;
      if (header[3] == type) return true;
    }
  }
  const FileDescriptor socket_;
};

}  // namespace atelier::testing
