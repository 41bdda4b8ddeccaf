// Where the fit begins: the pose that the world landmarks tell, in closed form.
#pragma once

#include "people/fit/articulated_body.h"
#include "people/fit/fit_problem.h"

namespace atelier::people {

/// Parameters of the mean body with its limbs along the world landmarks'. Sets `view`'s base,
/// distance and twist.
BodyParameters StartPose(const ArticulatedBody& body, FitView& view);

}  // namespace atelier::people
