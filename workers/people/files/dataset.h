// What the command writes: labelled samples, and the project's example pictures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "people/render/render.h"

namespace atelier::people {

/// Writes NNNNNN_{rgb,iuv,mask,regions}.png and NNNNNN.json for sample `index` into `folder`; the
/// JSON comes last, so a sample with one is whole.
Status WriteSample(const Body& body, uint64_t seed, int index, const RenderOptions& options,
                   const std::filesystem::path& folder);

/// Keypoints, face, view, pose and scene (wall and light, 0..1) of a rendering as JSON; "regions"
/// are the names of the regions picture's values, in their order.
std::string DescribeSample(const Rendering& rendering, const Pose& pose, const View& view,
                           uint64_t seed);

struct Example {
  std::string folder;  // "people" or "poses"
  std::string name;
  Person person;
  Pose pose;
  View view;
};

/// People whose seeds are 9,000,000 and up, which training never draws.
std::vector<Example> MakeExamples(const Body& body);

}  // namespace atelier::people
