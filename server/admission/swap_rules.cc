#include "server/admission/swap_rules.h"

#include <algorithm>
#include <vector>

#include "server/admission/spec_check.h"

namespace atelier::server {
namespace {

using Source = v1::RegionSwap::SourceCase;

enum class Layer { kSkin, kHair, kCloth };

size_t CellOf(int part, Layer layer) {
  return static_cast<size_t>(kLayersOfPart * (part - 1)) + static_cast<size_t>(layer);
}

void Add(Place& place, int first_part, int last_part, std::initializer_list<Layer> layers) {
  for (int part = first_part; part <= last_part; ++part) {
    for (const Layer layer : layers) place.set(CellOf(part, layer));
  }
}

constexpr int First(BodyPart part) { return static_cast<int>(part); }

// DensePose numbers neighbours in a row.
constexpr int kTorso[] = {First(BodyPart::kTorsoBack), First(BodyPart::kTorsoFront)};
constexpr int kHands[] = {First(BodyPart::kRightHand), First(BodyPart::kLeftHand)};
constexpr int kFeet[] = {First(BodyPart::kLeftFoot), First(BodyPart::kRightFoot)};
constexpr int kLegs[] = {First(BodyPart::kRightUpperLegBack), First(BodyPart::kLeftLowerLegFront)};
constexpr int kArms[] = {First(BodyPart::kLeftUpperArmFront), First(BodyPart::kRightLowerArmBack)};
constexpr int kHead[] = {First(BodyPart::kRightHead), First(BodyPart::kLeftHead)};

void Add(Place& place, const int (&parts)[2], std::initializer_list<Layer> layers) {
  Add(place, parts[0], parts[1], layers);
}

constexpr std::initializer_list<Layer> kAllLayers = {Layer::kSkin, Layer::kHair, Layer::kCloth};

Place PlaceOfRegion(v1::BodyRegion region) {
  Place place;
  switch (region) {
    case v1::BODY_REGION_FACE:
      Add(place, kHead, {Layer::kSkin});
      break;
    case v1::BODY_REGION_HEAD:
      Add(place, kHead, kAllLayers);
      break;
    case v1::BODY_REGION_HAIR:
      Add(place, kHead, {Layer::kHair});
      break;
    case v1::BODY_REGION_UPPER_GARMENT:
      Add(place, kTorso, {Layer::kCloth});
      Add(place, kArms, {Layer::kCloth});
      break;
    case v1::BODY_REGION_LOWER_GARMENT:
      Add(place, kLegs, {Layer::kCloth});
      break;
    case v1::BODY_REGION_SHOES:
      Add(place, kFeet, {Layer::kCloth});
      break;
    case v1::BODY_REGION_OUTFIT:
      return PlaceOfRegion(v1::BODY_REGION_UPPER_GARMENT) |
             PlaceOfRegion(v1::BODY_REGION_LOWER_GARMENT) | PlaceOfRegion(v1::BODY_REGION_SHOES);
    case v1::BODY_REGION_SKIN:
      Add(place, 1, kBodyPartCount, {Layer::kSkin});
      break;
    case v1::BODY_REGION_ARMS:
      Add(place, kHands, kAllLayers);
      Add(place, kArms, kAllLayers);
      break;
    case v1::BODY_REGION_LEGS:
      Add(place, kFeet, kAllLayers);
      Add(place, kLegs, kAllLayers);
      break;
    case v1::BODY_REGION_WHOLE_TEXTURE:
      Add(place, 1, kBodyPartCount, kAllLayers);
      break;
    case v1::BODY_REGION_BACKGROUND:
      place.set(place.size() - 1);
      break;
    default:
      break;
  }
  return place;
}

// "A", "A or B", "A, B or C".
std::string AnyOf(const std::vector<v1::BodyRegion>& regions) {
  std::string list;
  for (size_t i = 0; i < regions.size(); ++i) {
    if (i > 0) list += i + 1 == regions.size() ? " or " : ", ";
    v1::RegionName name;
    name.set_region(regions[i]);
    list += DescribeRegion(name);
  }
  return list;
}

// The regions that `source` may be given for; a person's picture is given for all others than
// these.
std::vector<v1::BodyRegion> RegionsOf(Source source) {
  switch (source) {
    case Source::kGarment:
      return {v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_LOWER_GARMENT};
    case Source::kColour:
      return {v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_LOWER_GARMENT,
              v1::BODY_REGION_OUTFIT,        v1::BODY_REGION_SHOES,
              v1::BODY_REGION_HAIR,          v1::BODY_REGION_BACKGROUND};
    case Source::kPattern:
      return {v1::BODY_REGION_UPPER_GARMENT, v1::BODY_REGION_LOWER_GARMENT, v1::BODY_REGION_OUTFIT};
    default:
      return {v1::BODY_REGION_BACKGROUND};
  }
}

std::string SourceField(const v1::RegionSwap& swap) {
  return v1::RegionSwap::descriptor()->FindFieldByNumber(swap.source_case())->name();
}

Status CheckRegion(const v1::RegionName& name, const std::string& path) {
  const bool unspecified = name.has_region() && name.region() == v1::BODY_REGION_UNSPECIFIED;
  if (name.name_case() != v1::RegionName::NAME_NOT_SET && !unspecified) return {};
  return InvalidField(path, "one of region and part", unspecified ? DescribeRegion(name) : "none");
}

Status CheckSource(const v1::RegionSwap& swap, const std::string& path) {
  if (swap.source_case() == Source::SOURCE_NOT_SET) {
    return InvalidField(path + ".source",
                        "one of person, garment, colour, pattern, background and transparent",
                        "none");
  }
  const std::string field = path + "." + SourceField(swap);
  const bool background = swap.region().region() == v1::BODY_REGION_BACKGROUND;
  if (swap.has_person()) {
    if (!background) return {};
    return InvalidField(field,
                        "for a region of the person; of a picture's background it is `background`",
                        "for BACKGROUND");
  }
  const std::vector<v1::BodyRegion> regions = RegionsOf(swap.source_case());
  const bool fits =
      swap.region().has_region() &&
      std::find(regions.begin(), regions.end(), swap.region().region()) != regions.end();
  if (!fits) {
    return InvalidField(field, "for " + AnyOf(regions) + " alone",
                        "for " + DescribeRegion(swap.region()));
  }
  if (swap.has_transparent() && !swap.transparent()) return InvalidField(field, "true", "false");
  return {};
}

// The picture of a swap; null for a colour and a transparent background.
const v1::Picture* PictureOf(const v1::RegionSwap& swap) {
  switch (swap.source_case()) {
    case Source::kPerson:
      return &swap.person();
    case Source::kGarment:
      return &swap.garment();
    case Source::kPattern:
      return &swap.pattern().picture();
    case Source::kBackground:
      return &swap.background();
    default:
      return nullptr;
  }
}

v1::Picture* MutablePictureOf(v1::RegionSwap& swap) {
  switch (swap.source_case()) {
    case Source::kPerson:
      return swap.mutable_person();
    case Source::kGarment:
      return swap.mutable_garment();
    case Source::kPattern:
      return swap.mutable_pattern()->mutable_picture();
    case Source::kBackground:
      return swap.mutable_background();
    default:
      return nullptr;
  }
}

}  // namespace

Place PlaceOf(const v1::RegionName& name) {
  if (name.has_region()) return PlaceOfRegion(name.region());
  Place place;
  if (name.part() >= 1 && name.part() <= kBodyPartCount) {
    Add(place, name.part(), name.part(), kAllLayers);
  }
  return place;
}

std::string DescribeRegion(const v1::RegionName& name) {
  if (name.has_part()) return "part " + std::to_string(name.part());
  if (!name.has_region()) return "none";
  constexpr std::string_view kPrefix = "BODY_REGION_";
  const std::string& full = v1::BodyRegion_Name(name.region());
  return full.starts_with(kPrefix) ? full.substr(kPrefix.size()) : std::to_string(name.region());
}

Status CheckSwaps(const google::protobuf::RepeatedPtrField<v1::RegionSwap>& given,
                  const std::string& prefix) {
  const std::string swaps = prefix + ".swaps";
  if (given.empty()) return InvalidField(swaps, "at least 1 entry", "0");
  const auto path = [&](int i) { return swaps + "[" + std::to_string(i) + "]"; };
  for (int i = 0; i < given.size(); ++i) {
    const v1::RegionSwap& swap = given[i];
    ATELIER_RETURN_IF_ERROR(CheckRegion(swap.region(), path(i) + ".region"));
    ATELIER_RETURN_IF_ERROR(CheckSource(swap, path(i)));
    for (int j = 0; j < i; ++j) {
      const v1::RegionName& other = given[j].region();
      if ((PlaceOf(swap.region()) & PlaceOf(other)).none()) continue;
      return InvalidField(path(i) + ".region", "a place that no other swap changes",
                          DescribeRegion(swap.region()) + ", while `" + path(j) + ".region` is " +
                              DescribeRegion(other));
    }
  }
  return {};
}

Status CheckSwapPictures(const google::protobuf::RepeatedPtrField<v1::RegionSwap>& given,
                         const std::string& prefix, BlobReader& blobs) {
  for (int i = 0; i < given.size(); ++i) {
    const v1::RegionSwap& swap = given[i];
    const v1::Picture* const picture = PictureOf(swap);
    if (picture == nullptr) continue;
    const std::string path = prefix + ".swaps[" + std::to_string(i) + "]." + SourceField(swap);
    const bool in_pattern = swap.has_pattern();
    ATELIER_RETURN_IF_ERROR(CheckPicture(*picture, in_pattern ? path + ".picture" : path, blobs));
  }
  return {};
}

void AddSwapPictures(google::protobuf::RepeatedPtrField<v1::RegionSwap>& swaps,
                     std::vector<v1::Picture*>& pictures) {
  for (v1::RegionSwap& swap : swaps) {
    if (v1::Picture* const picture = MutablePictureOf(swap)) pictures.push_back(picture);
  }
}

}  // namespace atelier::server
