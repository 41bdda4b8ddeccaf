#include "region/networks.h"

#include <filesystem>
#include <vector>

#include "engine/perception.h"
#include "people/fit/load_fitter.h"
#include "perception/face/arcface.h"
#include "perception/photograph/blaze_pose.h"
#include "perception/selection/estimator_settings.h"
#include "runtime/service/networks_service.h"

namespace atelier::region {

namespace {

/// The settings' ArcFace network; without a network when they name none.
Result<perception::Embedder> LoadCommonEmbedder(const config::v1::RegionConfig& config) {
  perception::Embedder embedder{.network = nullptr, .name = "arcface", .wants_aligned = true};
  if (config.face_embedder().empty()) return embedder;
  ATELIER_ASSIGN_OR_RETURN(embedder.network, perception::LoadArcFace(config.face_embedder()));
  return embedder;
}

Result<RegionModel> LoadModel(const std::string& folder, const perception::Embedder& common) {
  ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(folder));
  ATELIER_ASSIGN_OR_RETURN(perception::TextureMaker texture, perception::TextureMaker::For(info));
  RegionModel model{info.name, info.texture_layout, info.iuv_chart, std::move(texture), common};
  if (common.network) return model;
  ATELIER_ASSIGN_OR_RETURN(auto own, engine::FaceEmbedder::LoadIfAny(folder));
  model.embedder = {.network = std::move(own), .name = info.name, .wants_aligned = false};
  return model;
}

}  // namespace

Result<NamedModels<RegionModel>> LoadModels(const config::v1::RegionConfig& config) {
  ATELIER_ASSIGN_OR_RETURN(const perception::Embedder common, LoadCommonEmbedder(config));
  NamedModels<RegionModel> models;
  for (const std::string& folder : config.model()) {
    auto model = LoadModel(folder, common);
    if (!model) return Propagate(model.error(), folder);
    const std::string name = model->name;
    ATELIER_RETURN_IF_ERROR(models.Add(name, *std::move(model)));
  }
  return models;
}

Result<RegionNetworks> LoadPhotographNetworks(const config::v1::RegionConfig& config) {
  RegionNetworks networks;
  ATELIER_ASSIGN_OR_RETURN(
      const std::filesystem::path folder,
      perception::FindPhotographs(config.photograph_models(), config.model(0),
                                  perception::EstimatorOf(config.estimator())));
  if (folder.empty()) return networks;
  ATELIER_ASSIGN_OR_RETURN(networks.faces, perception::FaceFinder::Load(folder));
  ATELIER_ASSIGN_OR_RETURN(networks.bodies, photograph::BlazePose::Load(folder));
  return networks;
}

Result<std::string> IdentityOf(const config::v1::RegionConfig& config) {
  std::vector<std::filesystem::path> files{
      config.face_embedder(), people::BodyFile(config.body_file()),
      perception::PhotographFolder(config.photograph_models(), config.model(0))};
  for (const std::string& folder : config.model()) {
    ATELIER_ASSIGN_OR_RETURN(const auto own, engine::ComponentFiles(folder, "face_network"));
    files.insert(files.end(), own.begin(), own.end());
    ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(folder));
    files.insert(files.end(), {info.texture_charts, info.smpl_layout});
  }
  return runtime::NetworksIdentity(files, config.estimator());
}

}  // namespace atelier::region
