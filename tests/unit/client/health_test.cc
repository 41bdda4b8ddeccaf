// atelier-health as an image's HEALTHCHECK or a probe runs it, against servers of ours.
#include "client/health/health.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "atelier/v1/model.grpc.pb.h"
#include "client/supervisor/run_program.h"
#include "rpc/server.h"
#include "support/temp_dir.h"
#include "unit/server/access/test_certificates.h"

namespace atelier::health {
namespace {

struct Answer {
  std::string line;
  int code = -1;
};

Answer Ask(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ATELIER_BINARY_DIR "/atelier-health");
  const auto output = supervisor::RunProgram(arguments);
  REQUIRE(output.has_value());
  return {output->out, output->status.code};
}

std::unique_ptr<rpc::Server> Start(const rpc::ServerOptions& options) {
  static v1::ModelService::Service service;
  return std::move(rpc::Server::Start(options, {&service}).value());
}

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

TEST_CASE("The health client tells serving, draining, strange and absent servers apart",
          "[health]") {
  const auto server = Start({.health_address = "127.0.0.1:0"});
  for (const int port : {server->port(), server->health_port()}) {
    CHECK(Ask({Local(port)}).line == "SERVING\n");
    CHECK(Ask({Local(port)}).code == 0);
    CHECK(Ask({Local(port), "--service", rpc::kLiveness}).code == 0);
    CHECK(Ask({Local(port), "--service", "nobody"}).code == 3);
  }
  server->StopAdvertising();
  const std::string probes = Local(server->health_port());
  CHECK(Ask({probes}).line == "NOT_SERVING\n");
  CHECK(Ask({probes}).code == 3);
  CHECK(Ask({probes, "--service", rpc::kLiveness}).code == 0);
  CHECK(Ask({"127.0.0.1:1", "--timeout", "0.5"}).line == "UNREACHABLE\n");
  CHECK(Ask({"127.0.0.1:1", "--timeout", "0.5"}).code == 4);
}

TEST_CASE("The health client refuses what it cannot do before it asks", "[health]") {
  CHECK(Ask({}).code == 1);
  CHECK(Ask({"127.0.0.1:1", "--timeout", "0"}).code == 1);
  CHECK(Ask({"127.0.0.1:1", "--ca-file", "/nowhere.pem"}).code == 5);
  // Plaintext beyond this machine is asked for by name.
  CHECK(Ask({"192.0.2.1:7460", "--timeout", "0.1"}).code == 1);
  CHECK(Ask({"192.0.2.1:7460", "--timeout", "0.1", "--insecure"}).code == 4);
  CHECK(Ask({"--help"}).code == 0);
}

TEST_CASE("The health client asks over TLS and over a Unix socket", "[health]") {
  const testing::TempDir dir;
  const testing::TestAuthority authority(dir.path(), "authority");
  const auto files = authority.Issue("server", "DNS:localhost,IP:127.0.0.1");
  rpc::ServerOptions options;
  options.security.cert_file = files.cert;
  options.security.key_file = files.key;
  const auto secure = Start(options);
  CHECK(Ask({Local(secure->port()), "--ca-file", authority.cert()}).code == 0);
  CHECK(Ask({Local(secure->port())}).code == 4);

  const std::string socket = "unix:" + (dir.path() / "socket").string();
  const auto local = Start({.address = socket});
  CHECK(Ask({socket}).code == 0);
}

}  // namespace atelier::health
