// atelier-region: takes persons apart into texture map and face.
#include <memory>

#include "atelier/config/v1/region.pb.h"
#include "config/load.h"
#include "engine/painter.h"
#include "pose/estimator_choice.h"
#include "region/networks.h"
#include "region/region_service.h"
#include "runtime/service_main.h"
#include "telemetry/log.h"

int main(int argc, char** argv) {
  atelier::runtime::StopSignals signals;
  const atelier::config::Program program{
      "atelier-region", "Serves RegionService: texture map and face of the person in a picture."};
  atelier::config::v1::RegionConfig config;
  if (const auto code = atelier::config::Load(program, argc, argv, config)) return *code;
  atelier::telemetry::SetUpLog(program.name, config.log_level(), config.log_format());

  const std::string& model = config.model(0);
  auto info = atelier::engine::ReadModelInfo(model);
  if (!info) {
    spdlog::error("model={} {}", model, info.error().message);
    return 1;
  }
  auto embedder = atelier::region::LoadEmbedder(config, info->name);
  if (!embedder) {
    spdlog::error("model={} {}", model, embedder.error().message);
    return 1;
  }
  auto photographs = atelier::region::LoadPhotographNetworks(config);
  if (!photographs) {
    spdlog::error("photographs: {}", photographs.error().message);
    return 1;
  }
  if (!photographs->faces) {
    spdlog::warn(
        "there are no networks for photographs (./dev setup makes them): faces are found "
        "by the IUV alone");
  }
  auto texture = atelier::region::TextureMaker::For(*info);
  if (!texture) {
    spdlog::error("model={} {}", model, texture.error().message);
    return 1;
  }
  atelier::region::RegionReader reader(std::move(*embedder), std::move(*texture),
                                       std::move(*photographs),
                                       atelier::pose::EstimatorOf(config.estimator()));
  atelier::region::RegionServiceImpl service(reader);
  atelier::telemetry::Metrics metrics;
  return atelier::runtime::RunService(atelier::runtime::ServiceOptionsOf(config), signals, metrics,
                                      {{&service}, {}, {}});
}
