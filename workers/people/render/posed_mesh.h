// PosedMesh: a dressed person in a pose before a camera, and what is seen of them.
#pragma once

#include <vector>

#include "people/look/outfit.h"
#include "people/pose/camera.h"
#include "people/render/render.h"

namespace atelier::people {

struct PosedMesh {
  Mesh mesh;                 // posed, camera's frame
  std::vector<Vec3> joints;  // likewise
  Camera camera;             // of the picture's size, supersampled
  std::vector<ScreenPoint> screen;
};

/// `options.times` gets `dress` and `pose`. REQUIRES: as Render().
PosedMesh PoseDressed(const Body& body, const Person& person, const Pose& pose, const View& view,
                      const RenderOptions& options);

/// The nearest triangle of every sample.
DepthBuffer DrawDressed(const Body& body, const Look& look, const PosedMesh& posed, int height,
                        int width);

}  // namespace atelier::people
