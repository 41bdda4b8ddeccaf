// FpdmPainter: the Painter of the "fpdm" pipeline, over its loaded networks.
//
// Threads: as Painter, one call at a time.
#pragma once

#include <span>

#include "engine/painting/latent_painter.h"
#include "engine/pipelines/fpdm/fpdm_networks.h"

namespace atelier::engine {

class FpdmPainter : public LatentPainter {
 public:
  /// `networks` are `model`'s, in the dtype of `format`.
  FpdmPainter(ModelFolder model, FpdmNetworks networks, SchedulerConfig scheduler,
              const NumberFormat& format);

 private:
  EncodedBatch Encode(std::span<const PaintRequest> requests,
                      const ResolvedPaintOptions& options) override;

  FpdmNetworks networks_;
};

}  // namespace atelier::engine
