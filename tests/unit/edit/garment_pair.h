// A rendered base and donor with their exact bodies and true regions, and the exact answers to
// swaps of garments between them.
#pragma once

#include <array>
#include <utility>

#include "edit/garment/garment.h"
#include "edit/person/subject.h"
#include "edit_fixture.h"
#include "people/render/swap.h"

namespace atelier::edit {

struct GarmentSwap {
  const char* name;
  Garment garment;
  people::SwapRegions regions;
};
inline const std::array<GarmentSwap, 4> kGarmentSwaps = {
    GarmentSwap{"upper", Garment::kUpper, {people::SwapRegion::kUpper}},
    GarmentSwap{"lower", Garment::kLower, {people::SwapRegion::kLower}},
    GarmentSwap{"shoes", Garment::kShoes, {people::SwapRegion::kShoes}},
    GarmentSwap{
        "outfit",
        Garment::kOutfit,
        {people::SwapRegion::kUpper, people::SwapRegion::kLower, people::SwapRegion::kShoes}}};

/// A person as rendered from a seed: everybody in a pose, view and light of their own.
struct RenderedSubject {
  people::Person identity;
  people::Pose pose;
  people::View view;
  people::RenderOptions options;

  RenderedSubject(uint64_t seed, int height, int width)
      : identity(people::SamplePerson(TheBody(), seed)), pose(people::SamplePose(seed)) {
    people::ViewOptions view_options;
    view_options.crop = people::Crop::kFull;
    view_options.yaw = static_cast<double>((seed * 2654435761u >> 7) % 71) - 35;
    view = people::SampleView(seed, view_options);
    options.height = height;
    options.width = width;
  }

  Subject Make() const {
    const people::Rendering rendering = people::Render(TheBody(), identity, pose, view, options);
    Subject subject;
    subject.person = MakePerson(TheBody(), rendering.rgb, rendering.mask,
                                people::BodyOf(TheBody(), identity, pose, view, options));
    subject.regions = RegionsOf(TheBody(), subject.person, MasksOf(rendering.regions));
    subject.appearance = AppearanceOf(TheBody(), subject.person, subject.regions);
    return subject;
  }
};

struct GarmentPair {
  RenderedSubject base_rendering, donor_rendering;
  Subject base, donor;

  people::SwapRendering Truth(people::SwapRegions regions) const {
    return people::RenderSwap(TheBody(), base_rendering.identity, donor_rendering.identity,
                              donor_rendering.view.scene, regions, base_rendering.pose,
                              base_rendering.view, base_rendering.options);
  }
};

/// Pair `index` of people of whom nothing was trained on.
inline GarmentPair RenderGarmentPair(int index, int height = 512, int width = 352) {
  const uint64_t seed = 9300000 + 2 * static_cast<uint64_t>(index);
  RenderedSubject base(seed, height, width), donor(seed + 1, height, width);
  Subject base_subject = base.Make(), donor_subject = donor.Make();
  return {std::move(base), std::move(donor), std::move(base_subject), std::move(donor_subject)};
}

}  // namespace atelier::edit
