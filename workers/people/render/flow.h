// True optical flow between two renderings of one person: where each visible spot of the dressed
// person, and of the wall, is in the other picture.
#pragma once

#include <vector>

#include "people/render/render.h"

namespace atelier::people {

/// One frame of a motion. `stage` outlives it.
struct StagedPose {
  Pose pose;
  View view;
  Stage stage;
};

struct Flow {
  int height = 0;
  int width = 0;
  /// Of every pixel of the first picture: pixels to the right and down to the same spot in the
  /// second.
  std::vector<float> x, y;
  /// Whether the spot is seen in both, away from edges where a pixel shows two surfaces.
  std::vector<uint8_t> known;
  /// Whether the pixel's middle shows the person, hair and clothes included.
  std::vector<uint8_t> person;
};

/// Flow from the picture of `from` to that of `to`. The wall stands still. `options.stage` is not
/// read. REQUIRES: as Render().
Flow TrueFlow(const Body& body, const Person& person, const StagedPose& from, const StagedPose& to,
              const RenderOptions& options);

/// `picture` of the second frame seen from the first, bilinear: each pixel's spot is looked up
/// where the flow says that it is. Pixels of unknown flow are the picture's own. REQUIRES: RGB of
/// the flow's size.
std::vector<float> WarpBack(const Image& picture, const Flow& flow);

}  // namespace atelier::people
