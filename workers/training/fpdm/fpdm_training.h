// FpdmTraining: the networks of an FPDM model folder as a training run needs them.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/pipelines/fpdm/fpdm_networks.h"
#include "engine/schedulers/scheduler_config.h"

namespace atelier::training {

struct FpdmTraining {
  engine::ModelFolder folder;
  engine::SchedulerConfig schedule;
  engine::FpdmNetworks networks;
};

/// For stage 1, `image_encoder` and `combiner`: fresh, but for those whose weight file `start_from`
/// holds (empty: none). INVALID_ARGUMENT when the model has no combiner.
Result<FpdmTraining> MakeFusionTraining(const std::filesystem::path& model_folder,
                                        const std::filesystem::path& start_from);

/// The networks of stage 1 with the folder's weights, to be judged; the others are left as they are.
Result<FpdmTraining> LoadFusion(const std::filesystem::path& model_folder);

/// For stage 2, all others; the VAE and stage 1's networks have the folder's weights.
Result<FpdmTraining> MakeDenoisingTraining(const std::filesystem::path& model_folder,
                                           const std::filesystem::path& start_from);

}  // namespace atelier::training
