// FpdmPainter: the Painter of the "fpdm" pipeline, over its loaded networks.
//
// Threads: as Painter, one call at a time.
#pragma once

#include <optional>
#include <span>

#include "engine/painting/latent_painter.h"
#include "engine/painting/source_key.h"
#include "engine/pipelines/fpdm/fpdm_conditions.h"
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

  /// One person as the networks read them: the same for every pose.
  struct Source {
    SourceKey key;
    FpdmSource encoded;
  };

  FpdmNetworks networks_;
  /// Of the last batch that was all of one person.
  std::optional<Source> last_source_;
};

}  // namespace atelier::engine
