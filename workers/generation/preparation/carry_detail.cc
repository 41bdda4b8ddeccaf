#include "generation/preparation/carry_detail.h"

#include <algorithm>
#include <utility>

#include "detail/complete_texture.h"
#include "detail/join.h"
#include "people/fit/retarget.h"

namespace atelier::generation {
namespace {

/// Leaves the head to the painting.
void DropHead(const Image& iuv, people::CarryMap& map) {
  for (size_t i = 0; i < map.squareness.size(); ++i) {
    if (people::IsHead(iuv.data[3 * i])) map.squareness[i] = 0;
  }
}

}  // namespace

detail::CarriedPicture CarryDetail(const people::BodyFitter& fitter, const Photographs& photographs,
                                   const DetailPlace& place) {
  const int height = place.height * place.scale, width = place.width * place.scale;
  const people::FittedBody body = InPicture(place.target, place.scale, 0, 0);
  const people::DressedBody target{body, photographs.front()->carry_source->dressed().clothes};
  const Image iuv = fitter.Iuv(body, height, width);
  std::vector<detail::CarriedPicture> pictures;
  for (const auto& photograph : photographs) {
    const people::CarrySource& from = *photograph->carry_source;
    people::CarryMap map = MapToSource(fitter, from, target, height, width);
    if (!place.with_head) DropHead(iuv, map);
    pictures.push_back(
        detail::CarryPicture(photograph->fine_picture, from.width(), map, place.scale));
  }
  if (pictures.size() == 1) return std::move(pictures.front());
  return detail::JoinCarried(std::move(pictures), iuv);
}

engine::TextureMap CompleteTexture(const people::BodyFitter& fitter,
                                   const Photographs& photographs) {
  engine::TextureMap texture{photographs.front()->texture, photographs.front()->texture_validity};
  std::vector<const people::SeenColours*> seen;
  for (const auto& photograph : photographs) {
    seen.push_back(&photograph->seen_colours);
    for (size_t i = 0; i < texture.validity.data.size(); ++i) {
      const bool adds = texture.validity.data[i] != engine::kTexelSeen &&
                        photograph->texture_validity.data[i] == engine::kTexelSeen;
      if (!adds) continue;
      texture.validity.data[i] = engine::kTexelSeen;
      std::copy_n(&photograph->texture.data[3 * i], 3, &texture.colours.data[3 * i]);
    }
  }
  return detail::CompleteTexture(std::move(texture), fitter.body(), ColourSurface(fitter, seen));
}

}  // namespace atelier::generation
