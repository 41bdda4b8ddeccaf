// Fresh single networks of a model folder, by the sizes in its model.json.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/models/face_network.h"
#include "engine/models/pose_network.h"
#include "engine/models/vae.h"

namespace atelier::training {

Result<engine::AutoencoderKL> MakeVae(const engine::ModelFolder& folder);
Result<engine::FaceNetwork> MakeFaceNetwork(const engine::ModelFolder& folder);
Result<engine::PoseNetwork> MakePoseNetwork(const engine::ModelFolder& folder);

/// Loads `start_from`/COMPONENT.safetensors when there is one; else leaves the network as it is. A
/// network with more channels than the file's computes in the first of them what the file's does
/// (its new inputs start at zero there), and is fresh in the others.
/// INVALID_ARGUMENT / STATE_DICT_MISMATCH as LoadStateDict(), also when the file's is the larger.
Status StartFrom(const std::filesystem::path& start_from, const std::string& component,
                 torch::nn::Module& module);

}  // namespace atelier::training
