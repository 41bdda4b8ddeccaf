// From what the networks for photographs see to what the body fitter is given.
#pragma once

#include "base/result.h"
#include "people/fit/observation.h"
#include "perception/keypoint_estimator.h"

namespace atelier::perception {

/// FAILED_PRECONDITION (NO_WORLD_LANDMARKS) when the estimator has no landmarks in the world or no
/// mask: BlazePose has both, networks of one's own have neither.
Result<people::PersonObservation> ObservationOf(const KeypointEstimate& estimate);

}  // namespace atelier::perception
