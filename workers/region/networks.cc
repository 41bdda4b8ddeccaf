#include "region/networks.h"

#include "pose/estimator_choice.h"
#include "pose/photograph/blaze_pose.h"
#include "region/arcface.h"

namespace atelier::region {

namespace {

/// The settings' ArcFace network; without a network when they name none.
Result<Embedder> LoadCommonEmbedder(const config::v1::RegionConfig& config) {
  Embedder embedder{.network = nullptr, .name = "arcface", .wants_aligned = true};
  if (config.face_embedder().empty()) return embedder;
  ATELIER_ASSIGN_OR_RETURN(embedder.network, LoadArcFace(config.face_embedder()));
  return embedder;
}

Result<RegionModel> LoadModel(const std::string& folder, const Embedder& common) {
  ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(folder));
  ATELIER_ASSIGN_OR_RETURN(TextureMaker texture, TextureMaker::For(info));
  RegionModel model{info.name, info.texture_layout, info.iuv_chart, std::move(texture), common};
  if (common.network) return model;
  ATELIER_ASSIGN_OR_RETURN(auto own, engine::FaceEmbedder::LoadIfAny(folder));
  model.embedder = {.network = std::move(own), .name = info.name, .wants_aligned = false};
  return model;
}

}  // namespace

Result<runtime::NamedModels<RegionModel>> LoadModels(const config::v1::RegionConfig& config) {
  ATELIER_ASSIGN_OR_RETURN(const Embedder common, LoadCommonEmbedder(config));
  runtime::NamedModels<RegionModel> models;
  for (const std::string& folder : config.model()) {
    auto model = LoadModel(folder, common);
    if (!model) return Propagate(model.error(), folder);
    const std::string name = model->name;
    ATELIER_RETURN_IF_ERROR(models.Add(name, *std::move(model)));
  }
  return models;
}

Result<PhotographNetworks> LoadPhotographNetworks(const config::v1::RegionConfig& config) {
  PhotographNetworks networks;
  const std::string& setting = config.photograph_models();
  const std::filesystem::path folder = pose::PhotographFolder(setting, config.model(0));
  ATELIER_ASSIGN_OR_RETURN(
      const bool loads,
      pose::LoadsPhotographs(folder, setting, pose::EstimatorOf(config.estimator())));
  if (!loads) return networks;
  ATELIER_ASSIGN_OR_RETURN(networks.faces, FaceFinder::Load(folder));
  ATELIER_ASSIGN_OR_RETURN(networks.bodies, photograph::BlazePose::Load(folder));
  return networks;
}

}  // namespace atelier::region
