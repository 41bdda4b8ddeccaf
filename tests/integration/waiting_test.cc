// Calls that wait for a picture, as a client of plain gRPC makes them, through every process.
#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>

#include "atelier/v1/synthesis.grpc.pb.h"
#include "integration/studio.h"
#include "integration/test_pictures.h"
#include "rpc/status.h"

namespace atelier::testing {
namespace {

grpc::Status Synthesize(const Studio& studio, const v1::SynthesizeRequest& request,
                        std::chrono::milliseconds deadline, v1::SynthesizeResponse* response) {
  // With gRPC's own limits.
  const auto stub = v1::SynthesisService::NewStub(
      grpc::CreateChannel(studio.server_address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  return stub->Synthesize(&context, request, response);
}

}  // namespace

TEST_CASE("A picture that a client stopped waiting for is painted, and its retry gets it",
          "[integration][waiting]") {
  Studio& studio = SharedStudio();
  v1::SynthesizeRequest request;
  *request.mutable_spec() = SlowSpec();
  request.set_request_id("retried");
  v1::SynthesizeResponse response;
  CHECK(Synthesize(studio, request, std::chrono::milliseconds(500), &response).error_code() ==
        grpc::StatusCode::DEADLINE_EXCEEDED);
  const grpc::Status retry = Synthesize(studio, request, std::chrono::minutes(3), &response);
  CHECK(retry.error_message() == "");
  REQUIRE(response.images_size() == 1);
  CHECK(SizeOf(response.images(0).data()).height == request.spec().height());
  CHECK(studio.client().Get(response.job())->attempt() == 1);
}

TEST_CASE("A person that nobody finds is no failure that a client may try again",
          "[integration][waiting]") {
  StudioOptions options;
  options.models = {TinyBlindModel()};
  Studio studio(options);
  studio.StartAll();
  v1::SynthesizeRequest request;
  *request.mutable_spec() = PersonSpec(2);
  request.mutable_spec()->mutable_pose_picture()->set_data(PersonPng(1));
  v1::SynthesizeResponse response;
  const grpc::Status status = Synthesize(studio, request, std::chrono::minutes(3), &response);
  CHECK(status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(rpc::FromGrpc(status).reason == "NO_PERSON");
}

}  // namespace atelier::testing
