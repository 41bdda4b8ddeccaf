#include "client/doctor/service_checks.h"

namespace atelier::doctor {

using health::Health;

Finding CheckService(const std::string& name, const std::string& target,
                     const rpc::ChannelSecurity& security) {
  if (const Status files = rpc::CheckFiles(security); !files) {
    return {Severity::kProblem, name, files.error().message};
  }
  switch (health::AskHealth({.target = target, .security = security})) {
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
