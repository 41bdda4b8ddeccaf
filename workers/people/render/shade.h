// Shade: light on the visible surfaces, and their resolve into the picture, mask and regions.
#pragma once

#include "people/look/outfit.h"
#include "people/pose/camera.h"
#include "people/render/render.h"

namespace atelier::people {

struct ShadeInput {
  const Body& body;
  const Look& look;
  const Mesh& mesh;
  const std::vector<ScreenPoint>& screen;
  const std::vector<Vec3>& normals;  // of mesh vertices, camera's frame
  const DepthBuffer& visible;        // supersampled
  const Scene& scene;
  const Camera& camera;
};

/// Fills rgb, mask and regions.
void Shade(const ShadeInput& input, const RenderOptions& options, Rendering& out);

/// Separable box blur with edge replication; `radius` in pixels.
std::vector<float> BoxBlur(const std::vector<float>& source, int height, int width, int radius);

}  // namespace atelier::people
