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
/// holds (empty: none). INVALID_ARGUMENT when the model has no combiner, or `start_from` nothing of
/// what is trained.
Result<FpdmTraining> MakeFusionTraining(const std::filesystem::path& model_folder,
                                        const std::filesystem::path& start_from);

/// The networks of stage 1 with the folder's weights, to be judged; the others are left as they
/// are.
Result<FpdmTraining> LoadFusion(const std::filesystem::path& model_folder);

/// For stage 2: the VAE, stage 1's networks and, unless it is trained, the source encoder have the
/// folder's weights; the others are fresh, or `start_from`'s as above.
Result<FpdmTraining> MakeDenoisingTraining(const std::filesystem::path& model_folder,
                                           const std::filesystem::path& start_from,
                                           bool trains_source_encoder);

}  // namespace atelier::training
