#include "perception/texture/texture_maker.h"

#include <utility>

namespace atelier::perception {

Result<TextureMaker> TextureMaker::For(const engine::ModelInfo& model) {
  if (model.texture_layout == "atlas")
    return TextureMaker(model.texture_height / engine::kAtlasRows);
  if (model.smpl_layout.empty())
    return InvalidField("conditioning.smpl_layout", "a file with texture_layout smpl", "none");
  ATELIER_ASSIGN_OR_RETURN(PublishedLayout published,
                           PublishedLayout::Load(model.texture_charts, model.smpl_layout));
  return TextureMaker(std::move(published));
}

engine::TextureMap TextureMaker::Make(const Image& picture, const Image& iuv) const {
  if (!published_) return engine::ExtractTextureMap(picture, iuv, tile_);
  Image texture =
      PublishedTexture(PublishedAtlas(picture, iuv, published_->charts), published_->smpl);
  Image validity = engine::ValidityOfTexture(texture);
  return {.colours = std::move(texture), .validity = std::move(validity)};
}

Image TextureMaker::Parts() const {
  if (published_) {
    const Image& smpl = published_->smpl;
    Image parts(smpl.height, smpl.width, 1);
    for (size_t i = 0; i < parts.data.size(); ++i) parts.data[i] = smpl.data[3 * i];
    return parts;
  }
  Image parts(engine::kAtlasRows * tile_, engine::kAtlasColumns * tile_, 1);
  for (int y = 0; y < parts.height; ++y) {
    for (int x = 0; x < parts.width; ++x) {
      *parts.at(y, x) = static_cast<uint8_t>(y / tile_ * engine::kAtlasColumns + x / tile_ + 1);
    }
  }
  return parts;
}

}  // namespace atelier::perception
