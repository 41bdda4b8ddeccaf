#include "generation/carry_detail.h"

#include "base/body.h"
#include "people/fit/retarget.h"

namespace atelier::generation {
namespace {

bool IsHead(uint8_t part) {
  return part == static_cast<uint8_t>(BodyPart::kRightHead) ||
         part == static_cast<uint8_t>(BodyPart::kLeftHead);
}

/// Leaves the head to the painting.
void DropHead(const Image& iuv, people::CarryMap& map) {
  for (size_t i = 0; i < map.squareness.size(); ++i) {
    if (IsHead(iuv.data[3 * i])) map.squareness[i] = 0;
  }
}

}  // namespace

detail::CarriedPicture CarryDetail(const people::BodyFitter& fitter, const Conditions& source,
                                   const DetailPlace& place) {
  const people::CarrySource& from = *source.carry_source;
  const int height = place.height * place.scale, width = place.width * place.scale;
  const people::FittedBody body = InPicture(place.target, place.scale, 0, 0);
  people::CarryMap map =
      MapToSource(fitter, from, {body, from.dressed().clothes}, height, width);
  if (!place.with_head) DropHead(fitter.Iuv(body, height, width), map);
  return detail::CarryPicture(source.fine_picture, from.width(), map, place.scale);
}

}  // namespace atelier::generation
