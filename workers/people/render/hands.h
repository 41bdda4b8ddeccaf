// Where the hands of a rendered person are.
#pragma once

#include <array>

#include "people/render/flow.h"

namespace atelier::people {

struct HandPlace {
  /// The first joint of the middle finger, pixels.
  float x = 0;
  float y = 0;
  /// In the picture, and not behind the rest of the person.
  bool visible = false;
};

/// By Side. `options.stage` is not read. REQUIRES: as Render().
std::array<HandPlace, 2> HandsOf(const Body& body, const Person& person, const StagedPose& frame,
                                 RenderOptions options);

}  // namespace atelier::people
