#include "client/doctor/service_checks.h"

#include <grpcpp/grpcpp.h>

#include "grpc/health/v1/health.grpc.pb.h"
#include "rpc/server.h"

namespace atelier::doctor {

Health AskHealth(const std::string& target, const rpc::ChannelSecurity& security,
                 std::chrono::milliseconds patience) {
  using grpc::health::v1::HealthCheckResponse;
  if (!rpc::CheckFiles(security)) return Health::kUnreachable;
  const auto stub = grpc::health::v1::Health::NewStub(rpc::Connect(target, security));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + patience);
  HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, {}, &response);
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

Finding CheckService(const std::string& name, const std::string& target,
                     const rpc::ChannelSecurity& security) {
  if (const Status files = rpc::CheckFiles(security); !files) {
    return {Severity::kProblem, name, files.error().message};
  }
  switch (AskHealth(target, security)) {
    case Health::kServing:
      return {Severity::kOk, name, target + " serves"};
    case Health::kNotServing:
      return {Severity::kProblem, name,
              target +
                  " answers but does not serve: it drains, or is "
                  "another program"};
    case Health::kUnreachable:
      return {Severity::kProblem, name,
              target + " does not answer; start it, or correct the address"};
  }
  return {};
}

Finding CheckWorkers(client::ClientOptions options) {
  const std::string target = options.server;
  options.call_timeout = std::chrono::seconds(5);
  const auto models = client::Client(options).ListModels();
  if (!models) return {Severity::kProblem, "workers", models.error().message};
  if (models->empty()) {
    return {Severity::kProblem, "workers",
            "no worker holds a model: atelier-generation does not run or does not reach " + target};
  }
  std::string names;
  for (const v1::Model& model : *models) names += (names.empty() ? "" : ", ") + model.name();
  return {Severity::kOk, "workers", names};
}

}  // namespace atelier::doctor
