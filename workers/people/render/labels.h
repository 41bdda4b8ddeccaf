// Labels: IUV, keypoints and the face, from the naked body.
#pragma once

#include "people/look/outfit.h"
#include "people/pose/camera.h"
#include "people/render/render.h"

namespace atelier::people {

struct LabelInput {
  const Body& body;
  const Mesh& mesh;                        // posed, camera's frame
  const std::vector<ScreenPoint>& screen;  // of mesh vertices, supersampled pixels
  const std::vector<Vec3>& joints;         // posed, camera's frame
  const Camera& camera;                    // projects to supersampled pixels
};

/// Fills iuv, keypoints and face.
void Label(const LabelInput& input, const RenderOptions& options, Rendering& out);

}  // namespace atelier::people
