#include "training/tasks/networks.h"

#include <algorithm>
#include <functional>

#include "engine/weights/load.h"

namespace atelier::training {
namespace {

bool FitsInside(at::IntArrayRef small, at::IntArrayRef large) {
  return small.size() == large.size() &&
         std::equal(small.begin(), small.end(), large.begin(), std::less_equal<>());
}

/// `narrow` in the first channels of a copy of `fresh`.
at::Tensor Widened(const at::Tensor& narrow, const at::Tensor& fresh) {
  const at::Tensor wide = fresh.clone();
  wide.slice(0, 0, narrow.size(0)).zero_();
  at::Tensor inside = wide;
  for (int64_t i = 0; i < narrow.dim(); ++i) inside = inside.slice(i, 0, narrow.size(i));
  inside.copy_(narrow);
  return wide;
}

}  // namespace

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
  ATELIER_ASSIGN_OR_RETURN(engine::TensorMap weights, engine::ReadWeights(file));
  for (const auto& [name, fresh] : engine::StateDict(module)) {
    const auto found = weights.find(name);
    if (found == weights.end() || found->second.sizes() == fresh.sizes()) continue;
    if (FitsInside(found->second.sizes(), fresh.sizes()))
      found->second = Widened(found->second, fresh);
  }
  return engine::LoadStateDict(module, weights);
}

}  // namespace atelier::training
