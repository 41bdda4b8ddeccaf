// McldPainter: the Painter of the "mcld" pipeline, over its loaded networks.
//
// Threads: as Painter, one call at a time.
#pragma once

#include <optional>
#include <span>

#include "engine/painting/latent_painter.h"
#include "engine/painting/source_key.h"
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

  /// One person as the networks read them: the same for every pose.
  struct Source {
    SourceKey key;
    TextureMap texture;  // completed
    ConditionInputs inputs;
    SourceConditions encoded;
  };
  Source ReadSource(const PaintRequest& request, const ResolvedPaintOptions& options);
  /// Encoded, of one row; what was painted last is not read again.
  const Source& SharedSource(const PaintRequest& request, const ResolvedPaintOptions& options);
  void AddPose(const PaintRequest& request, const TextureMap& texture,
               const ResolvedPaintOptions& options, ConditionInputs& inputs);

  McldNetworks networks_;
  /// Of the last batch that was all of one person.
  std::optional<Source> last_source_;
};

}  // namespace atelier::engine
