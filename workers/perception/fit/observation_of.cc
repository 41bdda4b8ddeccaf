#include "perception/fit/observation_of.h"

namespace atelier::perception {

Result<people::PersonObservation> ObservationOf(const KeypointEstimate& estimate) {
  people::PersonObservation out;
  const size_t count = out.landmarks.size();
  if (estimate.landmarks.size() != count || estimate.world.size() != count ||
      estimate.mask.empty()) {
    return MakeError(Code::kFailedPrecondition, "NO_WORLD_LANDMARKS",
                     "the body is fitted to landmarks in the world and a mask, which this "
                     "estimator does not have");
  }
  for (size_t i = 0; i < count; ++i) {
    const BodyLandmark& seen = estimate.landmarks[i];
    const WorldLandmark& world = estimate.world[i];
    out.landmarks[i] = {seen.x, seen.y, seen.visibility, {world.x, world.y, world.z}};
  }
  out.mask = estimate.mask;
  return out;
}

}  // namespace atelier::perception
