#include "engine/painting/source_key.h"

#include <algorithm>

namespace atelier::engine {

SourceKey::SourceKey(const PaintRequest& request, const ResolvedPaintOptions& options)
    : source_(request.source),
      texture_map_(request.texture_map),
      texture_validity_(request.texture_validity),
      face_embedding_(request.face_embedding),
      height_(options.height),
      width_(options.width) {}

bool SourceKey::Is(const PaintRequest& request, const ResolvedPaintOptions& options) const {
  return height_ == options.height && width_ == options.width && source_ == request.source &&
         texture_map_ == request.texture_map && texture_validity_ == request.texture_validity &&
         face_embedding_ == request.face_embedding;
}

bool ShareSource(std::span<const PaintRequest> requests) {
  const PaintRequest& first = requests.front();
  return std::ranges::all_of(requests.subspan(1), [&first](const PaintRequest& other) {
    return other.source == first.source && other.texture_map == first.texture_map &&
           other.texture_validity == first.texture_validity &&
           other.face_embedding == first.face_embedding;
  });
}

}  // namespace atelier::engine
