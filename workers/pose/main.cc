// atelier-pose: reads poses from pictures.
#include <memory>
#include <string>

#include "atelier/config/v1/pose.pb.h"
#include "base/iuv_chart.h"
#include "config/load.h"
#include "engine/cpu/threads.h"
#include "engine/painter.h"
#include "imaging/threads.h"
#include "perception/selection/estimator_settings.h"
#include "pose/networks.h"
#include "pose/pose_service.h"
#include "runtime/service/networks_service.h"
#include "runtime/service_main.h"
#include "system/openmp_environment.h"
#include "telemetry/log.h"

namespace {

using namespace atelier;

using Models = NamedModels<perception::PoseEstimatorSelector>;

/// Logs which networks read pictures for a model, or that none does.
void Announce(const engine::ModelInfo& info, bool has_network,
              const perception::PhotographNetworks& photographs) {
  const bool dense_pose = photographs.dense_pose && info.iuv_chart == kDensePoseChart;
  const bool fitted = photographs.body && info.iuv_chart == kAtelierChart;
  if (!has_network && !(dense_pose && photographs.keypoints) && !fitted) {
    spdlog::warn(
        "model={} has no pose network, and nothing else reads pictures in its chart \"{}\": its "
        "IUV pictures must come with the requests",
        info.name, info.iuv_chart);
    return;
  }
  spdlog::info("model={} iuv_chart={} network={} photographs={} iuv_of_photographs={}", info.name,
               info.iuv_chart, has_network ? "own" : "none",
               photographs.keypoints ? photographs.keypoints->name() : "none",
               dense_pose ? "densepose"
               : fitted   ? perception::kBodyFitEstimator
                          : info.name);
}

Status AddModel(const std::string& folder, const perception::PhotographNetworks& photographs,
                Models& models) {
  ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(folder));
  ATELIER_ASSIGN_OR_RETURN(auto network, engine::PoseEstimator::LoadIfAny(folder));
  Announce(info, network != nullptr, photographs);
  return models.Add(info.name, perception::PoseEstimatorSelector(std::move(network), info.name,
                                                                 photographs, info.iuv_chart));
}

Result<Models> LoadModels(const config::v1::PoseConfig& config,
                          const perception::PhotographNetworks& photographs) {
  Models models;
  for (const std::string& folder : config.model()) {
    const Status added = AddModel(folder, photographs, models);
    if (!added) return Propagate(added.error(), folder);
  }
  return models;
}

/// Loads everything that `config` names and lets the services answer with it.
Status Load(const config::v1::PoseConfig& config, pose::PoseServiceImpl& service,
            runtime::NetworksServiceImpl& networks, std::unique_ptr<pose::PoseReader>& reader) {
  const auto photographs = pose::LoadPhotographNetworks(config);
  if (!photographs) return Propagate(photographs.error(), "photographs");
  if (!photographs->keypoints) {
    spdlog::warn(
        "there are no networks for photographs (./dev setup makes them): pictures are read by the "
        "models' own");
  }
  ATELIER_ASSIGN_OR_RETURN(auto models, LoadModels(config, *photographs));
  ATELIER_ASSIGN_OR_RETURN(const std::string identity, pose::IdentityOf(config));
  reader = std::make_unique<pose::PoseReader>(std::move(models),
                                              perception::EstimatorOf(config.estimator()));
  service.Serve(*reader, identity);
  networks.Serve(identity);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  SettleOpenMp(argv);
  runtime::StopSignals signals;
  const config::Program program{
      "atelier-pose",
      "Serves PoseService: keypoints, skeleton and IUV of the person in a picture."};
  config::v1::PoseConfig config;
  if (const auto code = config::Load(program, argc, argv, config)) return *code;
  telemetry::SetUpLog(program.name, config.log_level(), config.log_format());
  engine::UseThreads(config.threads());
  imaging::UseThreads(config.threads());

  std::unique_ptr<pose::PoseReader> reader;
  pose::PoseServiceImpl service(static_cast<int64_t>(config.picture_memory_mib()) << 20);
  runtime::NetworksServiceImpl networks;
  telemetry::Metrics metrics;
  return runtime::RunService(runtime::ServiceOptionsOf(config), signals, metrics,
                             {.services = {&service, &networks},
                              .load = [&] { return Load(config, service, networks, reader); },
                              .on_ready = {},
                              .on_drain = [&] { networks.Drain(); }});
}
