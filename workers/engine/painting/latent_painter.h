// LatentPainter: what painters of every latent pipeline share. A pipeline's own painter encodes the
// conditions of a batch and says how latents are predicted from them; checks, noise, the sampling
// loop, previews, decoding and errors are here.
//
// Threads: as Painter, one call at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/model_folder/model_folder.h"
#include "engine/models/vae.h"
#include "engine/nn/number_format.h"
#include "engine/painter.h"
#include "engine/painting/paint_inputs.h"
#include "engine/painting/sampling.h"
#include "engine/schedulers/scheduler_config.h"

namespace atelier::engine {

class LatentPainter : public Painter {
 public:
  const ModelInfo& info() const override { return model_.info; }
  Result<std::vector<Image>> Paint(std::span<const PaintRequest> requests,
                                   const PaintOptions& options,
                                   const StepCallback& on_step) override;

 protected:
  /// A batch whose conditions are encoded.
  struct EncodedBatch {
    Predictor predict;
    /// The component that made the latents not finite, where they are: the first, in the order in
    /// which they run, whose numbers are not.
    std::function<std::string()> first_not_finite;
  };

  /// `vae` has `model`'s weights, in the dtype of `format`.
  LatentPainter(ModelFolder model, AutoencoderKL vae, SchedulerConfig scheduler,
                const NumberFormat& format);

  /// Runs every network but the denoising one. Throws what LibTorch throws. REQUIRES: `requests`
  /// were checked.
  virtual EncodedBatch Encode(std::span<const PaintRequest> requests,
                              const ResolvedPaintOptions& options) = 0;

  const ModelFolder& model() const { return model_; }

 private:
  /// What the allocator keeps of another size's tensors is given back.
  void PrepareMemory(const ResolvedPaintOptions& options, size_t pictures);
  Result<std::vector<Image>> PaintChecked(std::span<const PaintRequest> requests,
                                          const ResolvedPaintOptions& options,
                                          const StepCallback& on_step);
  // Previews of `rows`; the other rows' are empty. Empty without any.
  std::vector<Image> MakePreviews(const at::Tensor& latents, const std::vector<int64_t>& rows);
  double latent_scale() const { return model_.conditioning.latent_scale; }

  ModelFolder model_;
  AutoencoderKL vae_;
  SchedulerConfig scheduler_config_;
  NumberFormat format_;
  /// Pixels of what was painted last, all pictures together.
  int64_t last_pixels_ = 0;
};

}  // namespace atelier::engine
