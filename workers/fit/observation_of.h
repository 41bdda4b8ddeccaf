// From what the networks for photographs see to what the body fitter is given.
#pragma once

#include "people/fit/observation.h"
#include "pose/keypoint_estimator.h"

namespace atelier::fit {

/// FAILED_PRECONDITION (NO_WORLD_LANDMARKS) when the estimator has no landmarks in the world or no
/// mask: BlazePose has both, networks of one's own have neither.
Result<people::PersonObservation> ObservationOf(const pose::KeypointEstimate& estimate);

}  // namespace atelier::fit
