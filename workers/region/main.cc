// atelier-region: takes persons apart into texture map and face.
#include <memory>
#include <string>

#include "atelier/config/v1/region.pb.h"
#include "config/load.h"
#include "edit/parse/load_parser.h"
#include "engine/cpu/threads.h"
#include "imaging/threads.h"
#include "people/fit/load_fitter.h"
#include "perception/selection/estimator_settings.h"
#include "region/networks.h"
#include "region/region_service.h"
#include "runtime/service/networks_service.h"
#include "runtime/service_main.h"
#include "system/openmp_environment.h"
#include "telemetry/log.h"

namespace {

using namespace atelier;

/// What is made for which model, and what cannot be.
void Announce(const NamedModels<region::RegionModel>& models,
              const region::RegionNetworks& photographs) {
  if (!photographs.faces) {
    spdlog::warn(
        "there are no networks for photographs (./dev setup makes them): faces are found by the "
        "IUV alone");
  }
  for (const region::RegionModel& model : models.models()) {
    if (!model.embedder.network) {
      spdlog::warn(
          "model={} has no face network, and no ArcFace network was given (face_embedder): its "
          "faces have no embedding",
          model.name);
    }
    spdlog::info("model={} texture_layout={} iuv_chart={} face_embedder={}", model.name,
                 model.texture_layout, model.iuv_chart,
                 model.embedder.network ? model.embedder.name : "none");
  }
}

/// Loads everything that `config` names and lets the services answer with it.
Status Load(const config::v1::RegionConfig& config, region::RegionServiceImpl& service,
            runtime::NetworksServiceImpl& networks, std::unique_ptr<region::RegionReader>& reader) {
  ATELIER_ASSIGN_OR_RETURN(auto models, region::LoadModels(config));
  auto photographs = region::LoadPhotographNetworks(config);
  if (!photographs) return Propagate(photographs.error(), "photographs");
  ATELIER_ASSIGN_OR_RETURN(const auto fitter, people::LoadFitter(config.body_file()));
  std::shared_ptr<const edit::Parser> parser;
  if (fitter) {
    ATELIER_ASSIGN_OR_RETURN(parser, edit::LoadParser(fitter->shared_body()));
  }
  ATELIER_ASSIGN_OR_RETURN(const std::string identity, region::IdentityOf(config));
  Announce(models, *photographs);
  reader = std::make_unique<region::RegionReader>(std::move(models), *std::move(photographs),
                                                  perception::EstimatorOf(config.estimator()),
                                                  fitter, std::move(parser));
  service.Serve(*reader, identity);
  networks.Serve(identity);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  SettleOpenMp(argv);
  runtime::StopSignals signals;
  const config::Program program{
      "atelier-region", "Serves RegionService: texture map and face of the person in a picture."};
  config::v1::RegionConfig config;
  if (const auto code = config::Load(program, argc, argv, config)) return *code;
  telemetry::SetUpLog(program.name, config.log_level(), config.log_format());
  engine::UseThreads(config.threads());
  imaging::UseThreads(config.threads());

  std::unique_ptr<region::RegionReader> reader;
  region::RegionServiceImpl service(static_cast<int64_t>(config.picture_memory_mib()) << 20);
  runtime::NetworksServiceImpl networks;
  telemetry::Metrics metrics;
  return runtime::RunService(runtime::ServiceOptionsOf(config), signals, metrics,
                             {.services = {&service, &networks},
                              .load = [&] { return Load(config, service, networks, reader); },
                              .on_ready = {},
                              .on_drain = [&] { networks.Drain(); }});
}
