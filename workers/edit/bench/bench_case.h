// The cases of EditBench: rendered people, and the exact answers to their edits.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/image.h"
#include "people/render/render.h"
#include "people/render/swap.h"

namespace atelier::edit {

/// Identities from here on belong to the bench.
inline constexpr uint64_t kFirstBenchSeed = 9'300'000;

enum class BenchRegion {
  kUpper,   // top and jacket
  kLower,   // trousers, shorts or skirt
  kOutfit,  // both, and shoes
  kFace,    // features, brows, beard, eyewear; the base's skin and hair stay
};
inline constexpr int kBenchRegionCount = 4;
inline constexpr std::array<std::string_view, kBenchRegionCount> kBenchRegionNames = {
    "upper", "lower", "outfit", "face"};
inline constexpr std::string_view NameOf(BenchRegion region) {
  return kBenchRegionNames[static_cast<size_t>(region)];
}

enum class BenchPose {
  kOwn,  // the edited base stays as they are
  kNew,  // the edited base is shown in a third pose and view
};

/// Someone in front of a camera.
struct BenchPerson {
  people::Person person;
  people::Pose pose;
  people::View view;
  people::Rendering rendering;
};

struct BenchCase {
  int index = 0;
  BenchPerson base;
  BenchPerson donor;
  /// The base in the third pose and view, in their own scene.
  std::optional<BenchPerson> target;

  /// Where the edited base is shown.
  const BenchPerson& shown() const { return target ? *target : base; }
};

/// 512 x 352.
people::RenderOptions BenchPicture();

/// The same index gives the same bytes.
BenchCase MakeBenchCase(const people::Body& body, int index, BenchPose pose);

struct BenchTruth {
  /// RGB.
  Image picture;
  /// One channel: 255 = the region before or after, or a pixel that differs. A face's is that of
  /// the face alone: the hair beside it is the base's own.
  Image mask;
};

/// The exact answer to an edit of `edited.shown()`.
BenchTruth TruthOf(const people::Body& body, const BenchCase& edited, BenchRegion region);

}  // namespace atelier::edit
