// atelier-region: takes persons apart into texture map and face.
#include <CLI/CLI.hpp>
#include <memory>

#include "engine/painter.h"
#include "engine/texture/texture_map.h"
#include "region/region_service.h"
#include "runtime/service_main.h"
#include "telemetry/log.h"

int main(int argc, char** argv) {
  atelier::runtime::StopSignals signals;
  CLI::App app("Serves RegionService: texture map and face of the person in a picture.");
  atelier::runtime::ServiceAddresses addresses{"127.0.0.1:7464", "127.0.0.1:7465"};
  std::string model;
  app.add_option("--listen", addresses.listen, "gRPC address, host:port; port 0 = any free one")
      ->capture_default_str();
  app.add_option("--metrics-listen", addresses.metrics_listen, "HTTP address of /metrics")
      ->capture_default_str();
  app.add_option("--model", model, "Folder of the model whose face network and texture size to use")
      ->required();
  CLI11_PARSE(app, argc, argv);
  atelier::telemetry::SetUpLog("atelier-region");

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
  const int tile = info->texture_height / atelier::engine::kAtlasRows;
  atelier::region::RegionReader reader(std::move(*embedder), tile);
  atelier::region::RegionServiceImpl service(reader);
  atelier::telemetry::Metrics metrics;
  return atelier::runtime::RunService(addresses, signals, metrics, {{&service}, {}, {}});
}
