// atelier-region: takes persons apart into texture map and face.
#include <memory>

#include "atelier/config/v1/region.pb.h"
#include "config/load.h"
#include "engine/painter.h"
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

  const std::string& model = config.model();
  auto info = atelier::engine::ReadModelInfo(model);
  if (!info) {
    spdlog::error("model={} {}", model, info.error().message);
    return 1;
  }
  auto embedder = atelier::engine::FaceEmbedder::Load(model);
  if (!embedder) {
    spdlog::error("model={} {}", model, embedder.error().message);
    return 1;
  }
  auto texture = atelier::region::TextureMaker::For(*info);
  if (!texture) {
    spdlog::error("model={} {}", model, texture.error().message);
    return 1;
  }
  atelier::region::RegionReader reader(std::move(*embedder), std::move(*texture));
  atelier::region::RegionServiceImpl service(reader);
  atelier::telemetry::Metrics metrics;
  return atelier::runtime::RunService(atelier::runtime::ServiceOptionsOf(config), signals, metrics,
                                      {{&service}, {}, {}});
}
