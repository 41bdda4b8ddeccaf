// A fitted body as services pass it on.
#pragma once

#include <string>

#include "atelier/v1/pose.pb.h"
#include "base/result.h"
#include "people/fit/body_fitter.h"

namespace atelier::runtime {

void FittedBodyToMessage(const people::FittedBody& body, v1::FittedBody& message);

/// INVALID_ARGUMENT naming `field` or a field in it when the numbers are too few, too many or no
/// numbers, when `base` is no rotation, or when the body does not stand before its camera.
Result<people::FittedBody> FittedBodyFromMessage(const v1::FittedBody& message,
                                                 const std::string& field);

}  // namespace atelier::runtime
