#include "region/compose_texture.h"

#include <algorithm>
#include <array>

#include "base/body.h"
#include "engine/texture/texture_map.h"
#include "imaging/picture_codec.h"
#include "limits/limits.h"
#include "region/region_message.h"

namespace atelier::region {
namespace {

using edit::RegionKind;

std::string SizeText(const Image& image) {
  return std::to_string(image.width) + " x " + std::to_string(image.height);
}

/// Whether texels of a part are the region's: what is worn on a part counts as worn wherever it is.
bool HasTexels(edit::Region region, int part) {
  if (region.part == 0) {
    const auto is_on = [&](RegionKind kind) { return edit::HasPart({.kind = kind}, part); };
    const bool is_foot = part == static_cast<int>(BodyPart::kLeftFoot) ||
                         part == static_cast<int>(BodyPart::kRightFoot);
    const bool is_hand = part == static_cast<int>(BodyPart::kRightHand) ||
                         part == static_cast<int>(BodyPart::kLeftHand);
    switch (region.kind) {
      case RegionKind::kShoes:
        return is_foot;
      case RegionKind::kLowerGarment:
        return is_on(RegionKind::kLegs) && !is_foot;
      case RegionKind::kUpperGarment:
        return !is_on(RegionKind::kHead) && !is_on(RegionKind::kLegs) && !is_hand;
      case RegionKind::kOutfit:
        return !is_on(RegionKind::kHead) && !is_hand;
      default:
        break;
    }
  }
  return edit::HasPart(region, part);
}

Status RequireTexels(edit::Region region, const std::string& field) {
  const bool has_none =
      region.part == 0 && (region.kind == RegionKind::kHair || region.kind == RegionKind::kSkin ||
                           region.kind == RegionKind::kBackground);
  if (!has_none) return {};
  return InvalidField(field, "a region with texels of its own, not HAIR, SKIN or BACKGROUND",
                      edit::NameOf(region));
}

Result<engine::TextureMap> ReadMap(const std::string& colours, const std::string& validity,
                                   const std::string& prefix, const Image& parts) {
  const std::string field = prefix + "texture_png";
  if (colours.empty()) return InvalidField(field, "given", "nothing");
  engine::TextureMap map;
  ATELIER_ASSIGN_OR_RETURN(map.colours, imaging::DecodePicture(colours, field));
  if (map.colours.height != parts.height || map.colours.width != parts.width) {
    return InvalidField(field, "of the model's size, " + SizeText(parts), SizeText(map.colours));
  }
  if (validity.empty()) {
    map.validity = engine::ValidityOfTexture(map.colours);
    return map;
  }
  ATELIER_ASSIGN_OR_RETURN(map.validity,
                           imaging::DecodeGrey(validity, prefix + "texture_validity_png"));
  if (map.validity.height == parts.height && map.validity.width == parts.width) return map;
  return InvalidField(prefix + "texture_validity_png", "of the texture's size, " + SizeText(parts),
                      SizeText(map.validity));
}

void Put(const engine::TextureMap& from, edit::Region region, const Image& parts,
         engine::TextureMap& into) {
  std::array<bool, kBodyPartCount + 1> is_put{};
  for (int part = 1; part <= kBodyPartCount; ++part) {
    is_put[static_cast<size_t>(part)] = HasTexels(region, part);
  }
  for (size_t i = 0; i < parts.data.size(); ++i) {
    if (parts.data[i] > kBodyPartCount || !is_put[parts.data[i]]) continue;
    std::copy_n(&from.colours.data[3 * i], 3, &into.colours.data[3 * i]);
    into.validity.data[i] = from.validity.data[i];
  }
}

}  // namespace

Result<v1::ComposeTextureResponse> ComposeTexture(const v1::ComposeTextureRequest& request,
                                                  const perception::TextureMaker& maker,
                                                  const std::string& layout) {
  ATELIER_RETURN_IF_ERROR(CheckLimits(request));
  if (request.patches().empty()) return InvalidField("patches", "1 to 12 entries", "none");
  const Image parts = maker.Parts();
  ATELIER_ASSIGN_OR_RETURN(
      engine::TextureMap map,
      ReadMap(request.texture_png(), request.texture_validity_png(), "", parts));
  for (int i = 0; i < request.patches_size(); ++i) {
    const v1::TexturePatch& patch = request.patches(i);
    const std::string prefix = "patches[" + std::to_string(i) + "].";
    ATELIER_ASSIGN_OR_RETURN(const edit::Region region,
                             RegionFromMessage(patch.region(), prefix + "region"));
    ATELIER_RETURN_IF_ERROR(RequireTexels(region, prefix + "region"));
    ATELIER_ASSIGN_OR_RETURN(
        const engine::TextureMap from,
        ReadMap(patch.texture_png(), patch.texture_validity_png(), prefix, parts));
    Put(from, region, parts, map);
  }
  v1::ComposeTextureResponse response;
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_texture_png(), imaging::EncodePng(map.colours));
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_texture_validity_png(),
                           imaging::EncodePng(map.validity));
  response.set_texture_layout(layout);
  return response;
}

}  // namespace atelier::region
