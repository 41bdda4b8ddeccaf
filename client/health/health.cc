#include "client/health/health.h"

#include <grpcpp/grpcpp.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/credentials.h"
#include "rpc/transport.h"

namespace atelier::health {

Health AskHealth(const Question& question) {
  using grpc::health::v1::HealthCheckResponse;
  if (!rpc::CheckFiles(question.security)) return Health::kUnreachable;
  // Not rpc::Connect(), which would link the server in.
  const auto stub = grpc::health::v1::Health::NewStub(
      rpc::MakeChannel(question.target, rpc::ChannelTransport(), question.security));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + question.patience);
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(question.service);
  HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, request, &response);
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return response.status() == HealthCheckResponse::SERVING ? Health::kServing
                                                               : Health::kNotServing;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return Health::kUnreachable;
    default:
      // Something speaks gRPC there, but nothing of ours.
      return Health::kNotServing;
  }
}

}  // namespace atelier::health
