// atelier-pose: reads poses from pictures.
#include <memory>

#include "atelier/config/v1/pose.pb.h"
#include "config/load.h"
#include "engine/painter.h"
#include "pose/estimator_choice.h"
#include "pose/photograph_eyes.h"
#include "pose/pose_service.h"
#include "runtime/service_main.h"
#include "telemetry/log.h"

int main(int argc, char** argv) {
  atelier::runtime::StopSignals signals;
  const atelier::config::Program program{
      "atelier-pose",
      "Serves PoseService: keypoints, skeleton and IUV of the person in a picture."};
  atelier::config::v1::PoseConfig config;
  if (const auto code = atelier::config::Load(program, argc, argv, config)) return *code;
  atelier::telemetry::SetUpLog(program.name, config.log_level(), config.log_format());

  const std::string& model = config.model(0);
  auto info = atelier::engine::ReadModelInfo(model);
  if (!info) {
    spdlog::error("model={} {}", model, info.error().message);
    return 1;
  }
  auto photographs = atelier::pose::LoadPhotographEyes(config);
  if (!photographs) {
    spdlog::error("photographs: {}", photographs.error().message);
    return 1;
  }
  // A published model has no pose network: DensePose and a keypoint network do for it.
  const bool needed = !photographs->keypoints || !photographs->dense_pose;
  auto estimator = atelier::engine::PoseEstimator::LoadIfAny(model);
  if (estimator && !*estimator && needed) {
    estimator = atelier::InvalidField(
        "densepose_network",
        "given, with networks for photographs, for a model without pose_network",
        config.densepose_network());
  }
  if (!estimator) {
    spdlog::error("model={} {}", model, estimator.error().message);
    return 1;
  }
  if (photographs->keypoints) {
    spdlog::info("photographs keypoints={} iuv={}", photographs->keypoints->name(),
                 photographs->dense_pose ? "densepose" : info->name);
  } else {
    spdlog::warn(
        "there are no networks for photographs (./dev setup makes them): pictures are "
        "read by the model's own");
  }
  atelier::pose::PoseReader reader(
      atelier::pose::Eyes(std::move(*estimator), info->name, std::move(*photographs)),
      atelier::pose::EstimatorOf(config.estimator()));
  atelier::pose::PoseServiceImpl service(reader);
  atelier::telemetry::Metrics metrics;
  return atelier::runtime::RunService(atelier::runtime::ServiceOptionsOf(config), signals, metrics,
                                      {{&service}, {}, {}});
}
