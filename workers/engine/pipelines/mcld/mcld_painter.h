// McldPainter: the Painter of the "mcld" pipeline, over its loaded networks.
//
// Threads: as Painter, one call at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/model_folder/model_folder.h"
#include "engine/nn/number_format.h"
#include "engine/painter.h"
#include "engine/painting/paint_inputs.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/schedulers/scheduler_config.h"

namespace atelier::engine {

class McldPainter : public Painter {
 public:
  /// `networks` are `model`'s, in the dtype of `format`.
  McldPainter(ModelFolder model, McldNetworks networks, SchedulerConfig scheduler,
              const NumberFormat& format);

  const ModelInfo& info() const override { return model_.info; }
  TextureMap CompleteTexture(const TextureMap& texture) const override {
    return networks_.Completed(texture);
  }
  Result<std::vector<Image>> Paint(std::span<const PaintRequest> requests,
                                   const PaintOptions& options,
                                   const StepCallback& on_step) override;

 private:
  /// What the allocator keeps of another size's tensors is given back.
  void PrepareMemory(const ResolvedPaintOptions& options, size_t pictures);
  /// Throws what LibTorch throws. REQUIRES: `requests` were checked.
  Result<std::vector<Image>> PaintChecked(std::span<const PaintRequest> requests,
                                          const ResolvedPaintOptions& options,
                                          const StepCallback& on_step);
  ConditionInputs MakeInputs(const PaintRequest& request, const ResolvedPaintOptions& options);
  EncodedConditions Encode(std::span<const PaintRequest> requests,
                           const ResolvedPaintOptions& options);
  // Previews of `rows`; the other rows' are empty. Empty without any.
  std::vector<Image> MakePreviews(const at::Tensor& latents, const std::vector<int64_t>& rows);
  double latent_scale() const { return model_.conditioning.latent_scale; }

  ModelFolder model_;
  McldNetworks networks_;
  SchedulerConfig scheduler_config_;
  NumberFormat format_;
  /// Pixels of what was painted last, all pictures together.
  int64_t last_pixels_ = 0;
};

}  // namespace atelier::engine
