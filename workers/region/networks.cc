#include "region/networks.h"

#include "pose/estimator_choice.h"
#include "pose/photograph/blaze_pose.h"
#include "region/arcface.h"

namespace atelier::region {

Result<Embedder> LoadEmbedder(const config::v1::RegionConfig& config,
                              const std::string& model_name) {
  Embedder embedder{.network = nullptr, .name = model_name, .wants_aligned = false};
  if (config.face_embedder().empty()) {
    ATELIER_ASSIGN_OR_RETURN(embedder.network, engine::FaceEmbedder::Load(config.model(0)));
    return embedder;
  }
  ATELIER_ASSIGN_OR_RETURN(embedder.network, LoadArcFace(config.face_embedder()));
  embedder.name = "arcface";
  embedder.wants_aligned = true;
  return embedder;
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
