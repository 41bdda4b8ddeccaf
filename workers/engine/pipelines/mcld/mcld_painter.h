// McldPainter: the Painter of the "mcld" pipeline, over its loaded networks.
//
// Threads: as Painter, one call at a time.
#pragma once

#include <span>

#include "engine/painting/latent_painter.h"
#include "engine/pipelines/mcld/mcld_networks.h"

namespace atelier::engine {

class McldPainter : public LatentPainter {
 public:
  /// `networks` are `model`'s, in the dtype of `format`.
  McldPainter(ModelFolder model, McldNetworks networks, SchedulerConfig scheduler,
              const NumberFormat& format);

  TextureMap CompleteTexture(const TextureMap& texture) const override {
    return networks_.Completed(texture);
  }

 private:
  EncodedBatch Encode(std::span<const PaintRequest> requests,
                      const ResolvedPaintOptions& options) override;
  ConditionInputs MakeInputs(const PaintRequest& request, const ResolvedPaintOptions& options);
  ConditionInputs MakeInputs(std::span<const PaintRequest> requests,
                             const ResolvedPaintOptions& options);

  McldNetworks networks_;
};

}  // namespace atelier::engine
