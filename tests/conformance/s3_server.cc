#include "conformance/s3_server.h"

#include <catch2/catch.hpp>

#include "stores/seaweed_process.h"

namespace atelier::testing {
namespace {

void Start(SeaweedProcess& server) {
  const Status started = server.Start(ATELIER_SOURCE_DIR "/.venv/bin/weed");
  INFO((started ? "" : started.error().message));
  REQUIRE(started.has_value());
}

SeaweedProcess& TheServer() {
  static SeaweedProcess server;
  static const bool started = [] { return Start(server), true; }();
  (void)started;
  return server;
}

}  // namespace

server::s3::ClientOptions RealS3() {
  server::s3::ClientOptions options;
  options.endpoint = "http://127.0.0.1:" + std::to_string(TheServer().port());
  options.bucket = SeaweedProcess::Bucket();
  options.credentials_file = TheServer().credentials_file().string();
  options.tries = 3;
  return options;
}

void StopS3() { TheServer().Kill(); }

void StartS3() { Start(TheServer()); }

}  // namespace atelier::testing
