// Connections: kept alive, noticed when they are dead, shared over addresses, and bounded.
#include <grpc/health/v1/health.grpc.pb.h>

#include <catch2/catch.hpp>
#include <future>

#include "integration/raw_connection.h"
#include "rpc/status.h"
#include "support/eventually.h"
#include "unit/server/api/served_backend.h"
#include "unit/server/api/silent_proxy.h"

namespace atelier::server {
namespace {

using namespace std::chrono_literals;
using grpc::StatusCode;

// Short, so that a test need not wait half a minute.
constexpr rpc::Keepalive kQuick{100ms, 500ms, 10ms};

rpc::ServerOptions Quick() {
  rpc::ServerOptions options;
  options.keepalive = kQuick;
  return options;
}

std::string AddressOf(const rpc::Server& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

/// A service whose calls wait until they are let go.
class SlowModels : public v1::ModelService::Service {
 public:
  grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest*,
                          v1::ListModelsResponse*) override {
    ++calls;
    (void)testing::Eventually([&] { return go || context->IsCancelled(); });
    return grpc::Status::OK;
  }
  std::atomic<int> calls = 0;
  std::atomic<bool> go = false;
};

grpc::Status ListModels(const std::shared_ptr<grpc::Channel>& channel,
                        std::chrono::milliseconds deadline = 30s) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  v1::ListModelsResponse response;
  return v1::ModelService::NewStub(channel)->ListModels(&context, {}, &response);
}

}  // namespace

TEST_CASE("A call on a connection that fell silent ends long before its deadline", "[transport]") {
  SlowModels service;
  auto server = rpc::Server::Start(Quick(), {&service});
  REQUIRE(server.has_value());
  testing::SilentProxy proxy((*server)->port());
  const auto channel = rpc::Connect(proxy.address(), {}, kQuick);
  auto status = std::async(std::launch::async, [&] { return ListModels(channel, 60s); });
  REQUIRE(testing::Eventually([&] { return service.calls == 1; }));
  proxy.FallSilent();
  CHECK(status.wait_for(10s) == std::future_status::ready);
  CHECK(status.get().error_code() == StatusCode::UNAVAILABLE);
  service.go = true;
}

TEST_CASE("A server notices that a client is gone without a word", "[transport]") {
  SlowModels service;
  auto server = rpc::Server::Start(Quick(), {&service});
  REQUIRE(server.has_value());
  testing::SilentProxy proxy((*server)->port());
  // A client of somebody else, who keeps nothing alive.
  const auto channel = grpc::CreateChannel(proxy.address(), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  auto status = std::async(std::launch::async, [&] {
    v1::ListModelsResponse response;
    return v1::ModelService::NewStub(channel)->ListModels(&context, {}, &response);
  });
  REQUIRE(testing::Eventually([&] { return service.calls == 1; }));
  proxy.FallSilent();
  // The handler ends when its caller is gone: else shutting down would wait for it.
  const auto begin = std::chrono::steady_clock::now();
  (*server)->Shutdown(60s);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  context.TryCancel();
  (void)status.get();
}

TEST_CASE("Pings between the words of a long call are permitted", "[transport]") {
  SlowModels service;
  auto server = rpc::Server::Start(Quick(), {&service});
  REQUIRE(server.has_value());
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 50);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  const auto channel =
      grpc::CreateCustomChannel(AddressOf(**server), grpc::InsecureChannelCredentials(), arguments);
  auto status = std::async(std::launch::async, [&] { return ListModels(channel); });
  // Time for twenty pings; gRPC's default sends a client away after three.
  CHECK(status.wait_for(1s) == std::future_status::timeout);
  service.go = true;
  CHECK(status.get().error_message() == "");
}

TEST_CASE("Calls take turns over all addresses of a name", "[transport]") {
  SlowModels first;
  SlowModels second;
  first.go = second.go = true;
  auto one = rpc::Server::Start({}, {&first});
  auto other = rpc::Server::Start({}, {&second});
  REQUIRE(one.has_value());
  REQUIRE(other.has_value());
  const auto channel = rpc::Connect("ipv4:" + AddressOf(**one) + "," + AddressOf(**other));
  CHECK(testing::Eventually([&] {
    CHECK(ListModels(channel).ok());
    return first.calls > 0 && second.calls > 0;
  }));
}

TEST_CASE("A call that finds no thread is refused instead of waiting for one", "[transport]") {
  SlowModels service;
  rpc::ServerOptions options;
  options.bounds.max_threads = 4;
  auto server = rpc::Server::Start(options, {&service});
  REQUIRE(server.has_value());
  const auto channel = rpc::Connect(AddressOf(**server));
  std::vector<std::future<grpc::Status>> calls;
  for (int i = 0; i < 12; ++i) {
    calls.push_back(std::async(std::launch::async, [&] { return ListModels(channel); }));
  }
  int refused = 0;
  REQUIRE(testing::Eventually([&] {
    for (auto& call : calls) {
      if (!call.valid() || call.wait_for(0s) != std::future_status::ready) continue;
      const grpc::Status status = call.get();
      CHECK(status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
      CHECK(rpc::FromGrpc(status).reason == "TOO_MANY_CALLS");
      CHECK(rpc::RetryAfter(status).has_value());
      ++refused;
    }
    return refused > 0;
  }));
  CHECK(service.calls <= 4);
  service.go = true;
}

TEST_CASE("Clients are sent away with grace, and their next calls find the same address",
          "[transport]") {
  SlowModels service;
  auto server = rpc::Server::Start({}, {&service});
  REQUIRE(server.has_value());
  const int port = (*server)->port();
  const auto channel = rpc::Connect(AddressOf(**server));
  testing::RawConnection connection(port);
  auto first = std::async(std::launch::async, [&] { return ListModels(channel); });
  REQUIRE(testing::Eventually([&] { return service.calls == 1; }));
  REQUIRE((*server)->SendAway().has_value());
  CHECK((*server)->port() == port);
  CHECK(connection.ReadsGoaway());
  // Over a connection of its own, while the first call goes on.
  auto second = std::async(std::launch::async, [&] { return ListModels(channel); });
  CHECK(testing::Eventually([&] { return service.calls == 2; }));
  CHECK(first.wait_for(0s) == std::future_status::timeout);
  const auto health = grpc::health::v1::Health::NewStub(channel);
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse said;
  CHECK(health->Check(&context, {}, &said).ok());
  CHECK(said.status() == grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  service.go = true;
  CHECK(first.get().ok());
  CHECK(second.get().ok());
  const auto begin = std::chrono::steady_clock::now();
  (*server)->Shutdown(1s);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("A call of a client that was sent away ends with the drain's grace", "[transport]") {
  SlowModels service;
  auto server = rpc::Server::Start({}, {&service});
  REQUIRE(server.has_value());
  const auto channel = rpc::Connect(AddressOf(**server));
  auto endless = std::async(std::launch::async, [&] { return ListModels(channel); });
  REQUIRE(testing::Eventually([&] { return service.calls == 1; }));
  REQUIRE((*server)->SendAway().has_value());
  (*server)->Shutdown(100ms);
  CHECK_FALSE(endless.get().ok());
}

TEST_CASE("A drain lets the calls under way end and takes no new ones", "[transport]") {
  SlowModels service;
  auto server = rpc::Server::Start({}, {&service});
  REQUIRE(server.has_value());
  const auto channel = rpc::Connect(AddressOf(**server));
  auto status = std::async(std::launch::async, [&] { return ListModels(channel); });
  REQUIRE(testing::Eventually([&] { return service.calls == 1; }));
  auto shutdown = std::async(std::launch::async, [&] { (*server)->Shutdown(30s); });
  // GOAWAY and a closed port: the next call finds nobody.
  REQUIRE(testing::Eventually(
      [&] { return ListModels(channel, 5s).error_code() == StatusCode::UNAVAILABLE; }));
  service.go = true;
  CHECK(status.get().ok());
  CHECK(shutdown.wait_for(10s) == std::future_status::ready);
}

}  // namespace atelier::server
