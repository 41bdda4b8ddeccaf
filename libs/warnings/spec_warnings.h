// The warnings that follow from what a job asks for and what its model says of itself, before any
// picture is looked at.
#pragma once

#include <vector>

#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"
#include "base/warning.h"

namespace atelier {

/// Field paths are those inside the spec's kind, e.g. "steps". A field that `spec` leaves open
/// means the model's default. Nothing for what `model` does not say.
std::vector<Warning> WarningsOfSpec(const v1::JobSpec& spec, const v1::Model& model);

}  // namespace atelier
