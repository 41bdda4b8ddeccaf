#include "training/networks.h"

#include "engine/weights/load.h"

namespace atelier::training {

Result<engine::AutoencoderKL> MakeVae(const engine::ModelFolder& folder) {
  ATELIER_ASSIGN_OR_RETURN(const auto config, ReadConfig(folder, "vae", &engine::ParseVaeConfig));
  return engine::AutoencoderKL(config);
}

Result<engine::FaceNetwork> MakeFaceNetwork(const engine::ModelFolder& folder) {
  ATELIER_ASSIGN_OR_RETURN(const auto config,
                           ReadConfig(folder, "face_network", &engine::ParseFaceNetworkConfig));
  return engine::FaceNetwork(config);
}

Result<engine::PoseNetwork> MakePoseNetwork(const engine::ModelFolder& folder) {
  ATELIER_ASSIGN_OR_RETURN(const auto config,
                           ReadConfig(folder, "pose_network", &engine::ParsePoseNetworkConfig));
  return engine::PoseNetwork(config);
}

Status StartFrom(const std::filesystem::path& start_from, const std::string& component,
                 torch::nn::Module& module) {
  const std::filesystem::path file = start_from / (component + ".safetensors");
  if (start_from.empty() || !std::filesystem::exists(file)) return {};
  ATELIER_ASSIGN_OR_RETURN(const auto weights, engine::ReadWeights(file));
  return engine::LoadStateDict(module, weights);
}

}  // namespace atelier::training
