// TextureMaker: the texture map of a person as the model wants it.
#pragma once

#include <optional>

#include "base/image.h"
#include "base/result.h"
#include "engine/painter.h"
#include "engine/texture/texture_map.h"
#include "perception/texture/published_texture.h"

namespace atelier::perception {

/// Thread-safe.
class TextureMaker {
 public:
  /// Atlases with tiles of `tile` pixels.
  TextureMaker(int tile) : tile_(tile) {}  // NOLINT(google-explicit-constructor): it is one
  /// In the model's layout. INVALID_ARGUMENT names the file that model.json lacks or that is bad.
  static Result<TextureMaker> For(const engine::ModelInfo& model);

  /// REQUIRES: RGB and IUV of one size.
  engine::TextureMap Make(const Image& picture, const Image& iuv) const;

  /// One channel of the maps' size: which part of the body each texel is of, 1 to 24; 0 = none.
  Image Parts() const;

 private:
  explicit TextureMaker(PublishedLayout published) : published_(std::move(published)) {}

  int tile_ = kPublishedTile;
  std::optional<PublishedLayout> published_;
};

}  // namespace atelier::perception
