// atelier-pose: reads poses from pictures.
#include <memory>

#include "atelier/config/v1/pose.pb.h"
#include "base/iuv_chart.h"
#include "config/load.h"
#include "engine/painter.h"
#include "pose/estimator_choice.h"
#include "pose/photograph_eyes.h"
#include "pose/pose_service.h"
#include "runtime/service_main.h"
#include "telemetry/log.h"

namespace {

using namespace atelier;

using Models = runtime::NamedModels<pose::ModelEyes>;

Status AddModel(const std::string& folder, Models& models) {
  ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(folder));
  ATELIER_ASSIGN_OR_RETURN(auto network, engine::PoseEstimator::LoadIfAny(folder));
  return models.Add(info.name, {info.name, info.iuv_chart, std::move(network)});
}

Result<Models> LoadModels(const config::v1::PoseConfig& config) {
  Models models;
  for (const std::string& folder : config.model()) {
    const Status added = AddModel(folder, models);
    if (!added) return Propagate(added.error(), folder);
  }
  return models;
}

/// Who reads which model's pictures, and what none of them can read.
void Announce(const Models& models, const pose::PhotographEyes& photographs) {
  if (!photographs.keypoints) {
    spdlog::warn(
        "there are no networks for photographs (./dev setup makes them): pictures are read by the "
        "models' own");
  }
  for (const pose::ModelEyes& model : models.models()) {
    const bool dense_pose = photographs.dense_pose && model.iuv_chart == kDensePoseChart;
    if (!model.network && !(dense_pose && photographs.keypoints)) {
      spdlog::warn(
          "model={} has no pose network, and nothing else reads pictures in its chart \"{}\": its "
          "IUV pictures must come with the requests",
          model.name, model.iuv_chart);
      continue;
    }
    spdlog::info("model={} iuv_chart={} network={} photographs={} iuv_of_photographs={}",
                 model.name, model.iuv_chart, model.network ? "own" : "none",
                 photographs.keypoints ? photographs.keypoints->name() : "none",
                 dense_pose ? "densepose" : model.name);
  }
}

}  // namespace

int main(int argc, char** argv) {
  runtime::StopSignals signals;
  const config::Program program{
      "atelier-pose",
      "Serves PoseService: keypoints, skeleton and IUV of the person in a picture."};
  config::v1::PoseConfig config;
  if (const auto code = config::Load(program, argc, argv, config)) return *code;
  telemetry::SetUpLog(program.name, config.log_level(), config.log_format());

  auto models = LoadModels(config);
  if (!models) {
    spdlog::error("{}", models.error().message);
    return config::kExitFailed;
  }
  auto photographs = pose::LoadPhotographEyes(config);
  if (!photographs) {
    spdlog::error("photographs: {}", photographs.error().message);
    return config::kExitFailed;
  }
  Announce(*models, *photographs);
  pose::PoseReader reader(pose::Eyes(std::move(*models), std::move(*photographs)),
                          pose::EstimatorOf(config.estimator()));
  pose::PoseServiceImpl service(reader);
  telemetry::Metrics metrics;
  return runtime::RunService(runtime::ServiceOptionsOf(config), signals, metrics,
                             {{&service}, {}, {}});
}
