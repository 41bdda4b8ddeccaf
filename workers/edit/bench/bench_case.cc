#include "edit/bench/bench_case.h"

#include <algorithm>

#include "people/render/masks.h"

namespace atelier::edit {
namespace {

constexpr int kHeight = 512, kWidth = 352;
/// Pose and view of the target have the base's seed and this.
constexpr uint64_t kTargetSeed = 77;
/// People are turned from the camera by at most so many degrees.
constexpr int kMostYaw = 35;

/// -35..35, well mixed over consecutive seeds.
double YawOf(uint64_t seed) {
  constexpr uint64_t kMixer = 2654435761;
  return static_cast<double>((seed * kMixer >> 7) % (2 * kMostYaw + 1)) - kMostYaw;
}

people::View ViewOf(uint64_t seed) {
  return people::SampleView(seed, {.yaw = YawOf(seed), .crop = people::Crop::kFull});
}

BenchPerson Show(const people::Body& body, people::Person person, uint64_t seed,
                 const people::View& view) {
  BenchPerson out{std::move(person), people::SamplePose(seed), view, {}};
  out.rendering = people::Render(body, out.person, out.pose, out.view, BenchPicture());
  return out;
}

people::SwapRegions SwapRegionsOf(BenchRegion region) {
  using people::SwapRegion;
  switch (region) {
    case BenchRegion::kUpper:
      return {SwapRegion::kUpper};
    case BenchRegion::kLower:
      return {SwapRegion::kLower};
    case BenchRegion::kOutfit:
      return {SwapRegion::kUpper, SwapRegion::kLower, SwapRegion::kShoes};
    case BenchRegion::kFace:
      return {SwapRegion::kFace};
  }
  return {};
}

Image FaceMask(const people::SwapRendering& swap) {
  Image mask = people::Union(people::RegionMask(swap.before, {people::Region::kFace}),
                             people::RegionMask(swap.after, {people::Region::kFace}));
  for (size_t i = 0; i < mask.data.size(); ++i) {
    const uint8_t* before = &swap.before.rgb.data[i * 3];
    if (!std::equal(before, before + 3, &swap.after.rgb.data[i * 3])) mask.data[i] = 255;
  }
  return mask;
}

}  // namespace

people::RenderOptions BenchPicture() { return {.height = kHeight, .width = kWidth}; }

BenchCase MakeBenchCase(const people::Body& body, int index, BenchPose pose) {
  const uint64_t seed = kFirstBenchSeed + 2 * static_cast<uint64_t>(index);
  BenchCase out;
  out.index = index;
  out.base = Show(body, people::SamplePerson(body, seed), seed, ViewOf(seed));
  out.donor = Show(body, people::SamplePerson(body, seed + 1), seed + 1, ViewOf(seed + 1));
  if (pose == BenchPose::kNew) {
    out.target = Show(body, out.base.person, seed + kTargetSeed,
                      ViewOf(seed + kTargetSeed).WithSceneOf(out.base.view));
  }
  return out;
}

BenchTruth TruthOf(const people::Body& body, const BenchCase& edited, BenchRegion region) {
  const BenchPerson& shown = edited.shown();
  people::SwapRendering swap =
      people::RenderSwap(body, edited.base.person, edited.donor.person, edited.donor.view.scene,
                         SwapRegionsOf(region), shown.pose, shown.view, BenchPicture());
  Image mask = region == BenchRegion::kFace ? FaceMask(swap) : std::move(swap.mask);
  return {std::move(swap.after.rgb), std::move(mask)};
}

}  // namespace atelier::edit
