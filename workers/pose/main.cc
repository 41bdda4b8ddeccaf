// atelier-pose: reads poses from pictures.
#include <CLI/CLI.hpp>
#include <memory>

#include "engine/painter.h"
#include "pose/pose_service.h"
#include "runtime/service_main.h"
#include "telemetry/log.h"

int main(int argc, char** argv) {
  atelier::runtime::StopSignals signals;
  CLI::App app("Serves PoseService: keypoints, skeleton and IUV of the person in a picture.");
  atelier::runtime::ServiceAddresses addresses{"127.0.0.1:7462", "127.0.0.1:7463"};
  std::string model;
  app.add_option("--listen", addresses.listen, "gRPC address, host:port; port 0 = any free one")
      ->capture_default_str();
  app.add_option("--metrics-listen", addresses.metrics_listen, "HTTP address of /metrics")
      ->capture_default_str();
  app.add_option("--model", model, "Folder of the model whose pose network to serve")->required();
  CLI11_PARSE(app, argc, argv);
  atelier::telemetry::SetUpLog("atelier-pose");

  auto info = atelier::engine::ReadModelInfo(model);
  if (!info) {
    spdlog::error("model={} {}", model, info.error().message);
    return 1;
  }
  auto estimator = atelier::engine::PoseEstimator::Load(model);
  if (!estimator) {
    spdlog::error("model={} {}", model, estimator.error().message);
    return 1;
  }
  atelier::pose::PoseReader reader(std::move(*estimator), info->name);
  atelier::pose::PoseServiceImpl service(reader);
  atelier::telemetry::Metrics metrics;
  return atelier::runtime::RunService(addresses, signals, metrics, {{&service}, {}, {}});
}
