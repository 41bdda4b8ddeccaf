#include "people/motion/motion.h"

#include <algorithm>

#include "people/fit/retarget.h"
#include "people/motion/measured_poses.h"

namespace atelier::people {

std::vector<int> Motion::Of(FrameState state) const {
  std::vector<int> numbers;
  for (size_t t = 0; t < frames.size(); ++t) {
    if (frames[t].state == state) numbers.push_back(static_cast<int>(t));
  }
  return numbers;
}

FittedBody PooledBody(std::span<const FittedBody> fits) {
  FittedBody pooled = fits.front();
  std::vector<double> values(fits.size());
  for (int k = kShapeBlock.first; k < kParameterCount; ++k) {
    const auto at = static_cast<size_t>(k);
    for (size_t i = 0; i < fits.size(); ++i) values[i] = fits[i].parameters[at];
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    pooled.parameters[at] = *middle;
  }
  return pooled;
}

Motion SteadyMotion(const BodyFitter& fitter, std::span<const std::optional<FittedBody>> fits,
                    std::vector<int> cuts, const MotionOptions& options) {
  std::vector<FittedBody> all;
  for (const auto& fit : fits) {
    if (fit) all.push_back(*fit);
  }
  const FittedBody pooled = PooledBody(all);
  MeasuredPoses poses(fits.size());
  for (size_t t = 0; t < fits.size(); ++t) {
    if (fits[t]) poses[t] = MeasuredPose{.body = InPoseOf(fitter, pooled, *fits[t])};
  }
  FindJumps(fitter, options, poses, cuts);
  return MakeMotion(poses, std::move(cuts), options);
}

}  // namespace atelier::people
