// McldTraining: the networks of an MCLD model folder as a training run needs them.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/models/face_network.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/schedulers/scheduler_config.h"

namespace atelier::training {

struct McldTraining {
  engine::ModelFolder folder;
  engine::SchedulerConfig schedule;
  /// The VAE is frozen but for the decoder of one of block cosines; the others are trained.
  engine::McldNetworks networks;
  /// Frozen.
  engine::FaceNetwork face{nullptr};

  /// Where the frozen networks are.
  at::Device device() const;
  void MoveFrozenTo(const at::Device& device);
};

/// Frozen networks with the folder's weights; trained ones fresh, but for those whose weight file
/// `start_from` holds (empty: none).
Result<McldTraining> MakeMcldTraining(const std::filesystem::path& model_folder,
                                      const std::filesystem::path& start_from);

}  // namespace atelier::training
