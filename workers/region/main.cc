// atelier-region: takes persons apart into texture map and face.
#include <memory>

#include "atelier/config/v1/region.pb.h"
#include "config/load.h"
#include "edit/parse/load_parser.h"
#include "people/fit/load_fitter.h"
#include "perception/selection/estimator_settings.h"
#include "region/networks.h"
#include "region/region_service.h"
#include "runtime/service_main.h"
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

}  // namespace

int main(int argc, char** argv) {
  runtime::StopSignals signals;
  const config::Program program{
      "atelier-region", "Serves RegionService: texture map and face of the person in a picture."};
  config::v1::RegionConfig config;
  if (const auto code = config::Load(program, argc, argv, config)) return *code;
  telemetry::SetUpLog(program.name, config.log_level(), config.log_format());

  auto models = region::LoadModels(config);
  if (!models) return config::CannotStart(program.name, models.error());
  auto photographs = region::LoadPhotographNetworks(config);
  if (!photographs) {
    return config::CannotStart(program.name, photographs.error().WithContext("photographs"));
  }
  auto fitter = people::LoadFitter(config.body_file());
  if (!fitter) return config::CannotStart(program.name, fitter.error());
  std::shared_ptr<const edit::Parser> parser;
  if (*fitter) {
    auto loaded = edit::LoadParser((*fitter)->shared_body());
    if (!loaded) return config::CannotStart(program.name, loaded.error());
    parser = *std::move(loaded);
  }
  Announce(*models, *photographs);
  region::RegionReader reader(*std::move(models), *std::move(photographs),
                              perception::EstimatorOf(config.estimator()), *fitter,
                              std::move(parser));
  region::RegionServiceImpl service(reader);
  telemetry::Metrics metrics;
  return runtime::RunService(runtime::ServiceOptionsOf(config), signals, metrics,
                             {{&service}, {}, {}});
}
