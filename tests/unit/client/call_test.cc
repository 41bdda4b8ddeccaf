// What every server of ours does for a call, seen from its client: health, ids, readiness.
#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>

#include "atelier/v1/model.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/server.h"
#include "telemetry/trace.h"

namespace atelier::rpc {
namespace {

using Status = grpc::health::v1::HealthCheckResponse;

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

Status::ServingStatus HealthOf(int port, const std::string& service) {
  const auto stub = grpc::health::v1::Health::NewStub(Connect(Local(port)));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  Status response;
  const grpc::Status status = stub->Check(&context, request, &response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return response.status();
}

/// Notes under which ids it was called.
class NotingService final : public v1::ModelService::Service {
 public:
  grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest*,
                          v1::ListModelsResponse*) override {
    const auto& metadata = context->client_metadata();
    const auto trace = metadata.find("traceparent");
    if (trace == metadata.end()) return {grpc::StatusCode::INTERNAL, "no trace"};
    seen = {{trace->second.data(), trace->second.size()}, telemetry::CurrentCall().request_id};
    of_thread = telemetry::CurrentCall().traceparent;
    return grpc::Status::OK;
  }

  telemetry::CallIds seen;
  std::string of_thread;
};

/// One call with `metadata`; returns the request id that the answer carries.
std::string CallWith(NotingService& service, const std::map<std::string, std::string>& metadata) {
  const auto server = Server::Start({}, {&service});
  REQUIRE(server.has_value());
  const auto stub = v1::ModelService::NewStub(Connect(Local((*server)->port())));
  grpc::ClientContext context;
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  v1::ListModelsResponse response;
  REQUIRE(stub->ListModels(&context, {}, &response).ok());
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto id = trailing.find("x-request-id");
  REQUIRE(id != trailing.end());
  return {id->second.data(), id->second.size()};
}

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kTraceparent = "00-" + kTrace + "-00f067aa0ba902b7-01";

}  // namespace

TEST_CASE("A draining server is not ready but alive, on its own port and on that for probes",
          "[rpc]") {
  v1::ModelService::Service service;
  ServerOptions options;
  options.health_address = "127.0.0.1:0";
  const auto server = Server::Start(options, {&service});
  REQUIRE(server.has_value());
  const int port = (*server)->port();
  const int probes = (*server)->health_port();
  REQUIRE(probes != 0);
  REQUIRE(probes != port);
  for (const int each : {port, probes}) {
    CHECK(HealthOf(each, "") == Status::SERVING);
    CHECK(HealthOf(each, kLiveness) == Status::SERVING);
  }
  (*server)->StopAdvertising();
  for (const int each : {port, probes}) {
    CHECK(HealthOf(each, "") == Status::NOT_SERVING);
    CHECK(HealthOf(each, kLiveness) == Status::SERVING);
  }
  // While the last calls end, probes are still answered.
  (*server)->Shutdown(std::chrono::milliseconds(0));
  CHECK(HealthOf(probes, "") == Status::NOT_SERVING);
  CHECK(HealthOf(probes, kLiveness) == Status::SERVING);
}

TEST_CASE("A server whose probe port is taken does not start without it", "[rpc]") {
  v1::ModelService::Service first_service, second_service;
  const auto first = Server::Start({}, {&first_service});
  REQUIRE(first.has_value());
  ServerOptions options;
  options.health_address = Local((*first)->port());
  const auto second = Server::Start(options, {&second_service});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().reason == "ADDRESS_IN_USE");
}

TEST_CASE("A call keeps its caller's trace and request id, under a span of its own", "[rpc]") {
  NotingService service;
  const std::string answered =
      CallWith(service, {{"traceparent", kTraceparent}, {"x-request-id", "demo-1"}});
  CHECK(answered == "demo-1");
  CHECK(service.seen.request_id == "demo-1");
  const auto trace = telemetry::ParseTraceparent(service.seen.traceparent);
  REQUIRE(trace.has_value());
  CHECK(trace->trace_id == kTrace);
  CHECK(service.seen.traceparent != kTraceparent);
  CHECK(service.of_thread == service.seen.traceparent);
}

TEST_CASE("A call without ids, or with broken ones, gets new ones", "[rpc]") {
  NotingService service;
  const std::string first = CallWith(service, {});
  CHECK_FALSE(first.empty());
  CHECK(telemetry::ParseTraceparent(service.seen.traceparent).has_value());
  const std::string second =
      CallWith(service, {{"traceparent", "00-abc"}, {"x-request-id", "two words"}});
  CHECK(telemetry::IsRequestId(second));
  CHECK(second != first);
  CHECK(telemetry::ParseTraceparent(service.seen.traceparent).has_value());
}

}  // namespace atelier::rpc
