// Which requests show the same person: what networks read of a source is read once for all frames
// of a sequence, and for one picture after another of the same person.
#pragma once

#include <span>
#include <vector>

#include "base/image.h"
#include "engine/painter.h"
#include "engine/painting/paint_inputs.h"

namespace atelier::engine {

/// The part of a request that does not say the pose, with the size that is painted.
class SourceKey {
 public:
  SourceKey() = default;
  SourceKey(const PaintRequest& request, const ResolvedPaintOptions& options);

  /// Whether it was made of the same bytes.
  bool Is(const PaintRequest& request, const ResolvedPaintOptions& options) const;

 private:
  Image source_, texture_map_, texture_validity_;
  std::vector<float> face_embedding_;
  int height_ = 0;
  int width_ = 0;
};

/// Whether all requests have one source. REQUIRES: there is a request.
bool ShareSource(std::span<const PaintRequest> requests);

}  // namespace atelier::engine
