// Makes the prior of regions (people/carry/region_prior.h) from renderings.
#pragma once

#include <cstdint>
#include <functional>

#include "people/carry/region_prior.h"

namespace atelier::people {

/// From renderings of the people, poses and views of `count` seeds from `first_seed` on, seen as a
/// whole. Left and right are alike. `progress(done)` is called after each.
RegionPrior CountRegions(const Body& body, uint64_t first_seed, int count,
                         const std::function<void(int)>& progress);

}  // namespace atelier::people
