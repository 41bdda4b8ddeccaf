#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <prometheus/text_serializer.h>

#include <catch2/catch.hpp>

#include "atelier/v1/model.grpc.pb.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "telemetry/metrics.h"

namespace atelier::server {

TEST_CASE("An error crosses the wire with its reason, field and delay", "[rpc]") {
  Error error{Code::kInvalidArgument, "INVALID_FIELD", "`spec.steps` must be less. Given: 999",
              "spec.steps"};
  const grpc::Status status = rpc::ToGrpc(error, std::chrono::milliseconds(2500));
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  const Error back = rpc::FromGrpc(status);
  CHECK(back.code == error.code);
  CHECK(back.reason == error.reason);
  CHECK(back.message == error.message);
  CHECK(back.field == error.field);
  CHECK(rpc::RetryAfter(status) == std::chrono::milliseconds(2500));
}

TEST_CASE("A foreign status without details still gives a reason", "[rpc]") {
  const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "connection refused",
                            "\xff not a proto");
  const Error error = rpc::FromGrpc(status);
  CHECK(error.reason == "UNAVAILABLE");
  CHECK(error.field.empty());
  CHECK_FALSE(rpc::RetryAfter(status).has_value());
  CHECK(rpc::ToGrpc(Status()).ok());
}

TEST_CASE("What gRPC alone says of a service that is away names the service, its own words stay",
          "[rpc]") {
  const grpc::Status gone(grpc::StatusCode::UNAVAILABLE, "Connection refused");
  CHECK(rpc::FromGrpc(gone, "the pose service").message ==
        "the pose service is away: Connection refused");
  CHECK(rpc::FromGrpc(gone, "the pose service").reason == "SERVICE_AWAY");
  const grpc::Status slow(grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded");
  CHECK(rpc::FromGrpc(slow, "the pose service").message ==
        "the pose service did not answer in time: Deadline Exceeded");
  CHECK(rpc::FromGrpc(slow, "the pose service").code == Code::kDeadlineExceeded);
  const grpc::Status draining =
      rpc::ToGrpc(Error{Code::kUnavailable, "DRAINING", "the server is draining", ""});
  CHECK(rpc::IsFromPeer(draining));
  CHECK(rpc::FromGrpc(draining, "the pose service").message == "the server is draining");
}

TEST_CASE("A second server on a taken port is refused instead of sharing its calls", "[rpc]") {
  v1::ModelService::Service first_service;
  v1::ModelService::Service second_service;
  const auto first = rpc::Server::Start({}, {&first_service});
  REQUIRE(first.has_value());
  rpc::ServerOptions options;
  options.address = "127.0.0.1:" + std::to_string((*first)->port());
  const auto second = rpc::Server::Start(options, {&second_service});
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().reason == "ADDRESS_IN_USE");
}

TEST_CASE("A failed call is counted under its method and code", "[rpc]") {
  v1::ModelService::Service unimplemented;
  std::string counted;
  double counted_seconds = -1;
  rpc::ServerOptions options;
  options.on_call_end = [&](const std::string& method, Code code, double seconds) {
    counted = method + " " + std::string(CodeName(code));
    counted_seconds = seconds;
  };
  auto server = rpc::Server::Start(options, {&unimplemented});
  REQUIRE(server.has_value());
  const auto stub =
      v1::ModelService::NewStub(rpc::Connect("127.0.0.1:" + std::to_string((*server)->port())));
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  CHECK(stub->ListModels(&context, {}, &response).error_code() == grpc::StatusCode::UNIMPLEMENTED);
  (*server)->Shutdown(std::chrono::seconds(5));
  CHECK(counted == "/atelier.v1.ModelService/ListModels UNIMPLEMENTED");
  CHECK(counted_seconds >= 0);
}

TEST_CASE("Methods that clients make up are counted as one", "[rpc]") {
  v1::ModelService::Service service;
  telemetry::Metrics metrics;
  rpc::ServerOptions options;
  options.on_call_end = [&](const std::string& method, Code code, double seconds) {
    metrics.CountRpc(method, code, seconds);
  };
  auto server = rpc::Server::Start(options, {&service});
  REQUIRE(server.has_value());
  const auto channel = rpc::Connect("127.0.0.1:" + std::to_string((*server)->port()));
  grpc::TemplatedGenericStub<v1::ListModelsRequest, v1::ListModelsResponse> stub(channel);
  for (const char* method : {"/atelier.v1.ModelService/Nothing", "/made.up/1", "/made.up/2"}) {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareUnaryCall(&context, method, {}, &queue);
    call->StartCall();
    v1::ListModelsResponse response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    REQUIRE(queue.Next(&tag, &ok));
    CHECK(status.error_code() == grpc::StatusCode::UNIMPLEMENTED);
  }
  (*server)->Shutdown(std::chrono::seconds(5));
  const std::string page = prometheus::TextSerializer().Serialize(metrics.Collect());
  INFO(page);
  CHECK_THAT(page, !Catch::Contains("made.up") && !Catch::Contains("Nothing"));
  CHECK_THAT(page,
             Catch::Contains("atelier_rpcs_total{code=\"UNIMPLEMENTED\",method=\"other\"} 3"));
}

}  // namespace atelier::server
