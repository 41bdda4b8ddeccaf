#include "training/networks.h"

#include "engine/weights/load.h"

namespace atelier::training {
namespace {

/// `Network(parsed config)` of the folder's component.
template <typename Network, typename Parse>
Result<Network> Make(const engine::ModelFolder& folder, const std::string& component,
                     const Parse& parse) {
  ATELIER_ASSIGN_OR_RETURN(const engine::ComponentConfig* config, folder.Component(component));
  auto parsed = parse(config->config);
  if (!parsed) return Propagate(parsed.error(), "components." + component);
  return Network(*parsed);
}

}  // namespace

Result<engine::AutoencoderKL> MakeVae(const engine::ModelFolder& folder) {
  return Make<engine::AutoencoderKL>(folder, "vae", engine::ParseVaeConfig);
}

Result<engine::FaceNetwork> MakeFaceNetwork(const engine::ModelFolder& folder) {
  return Make<engine::FaceNetwork>(folder, "face_network", engine::ParseFaceNetworkConfig);
}

Result<engine::PoseNetwork> MakePoseNetwork(const engine::ModelFolder& folder) {
  return Make<engine::PoseNetwork>(folder, "pose_network", engine::ParsePoseNetworkConfig);
}

Status StartFrom(const std::filesystem::path& start_from, const std::string& component,
                 torch::nn::Module& module) {
  const std::filesystem::path file = start_from / (component + ".safetensors");
  if (start_from.empty() || !std::filesystem::exists(file)) return {};
  ATELIER_ASSIGN_OR_RETURN(const auto weights, engine::ReadWeights(file));
  return engine::LoadStateDict(module, weights);
}

}  // namespace atelier::training
