// BatchKey: jobs of equal key may be painted in one batch.
#pragma once

#include <string>

#include "atelier/v1/synthesis.pb.h"

namespace atelier::server {

/// Model, size, steps, scheduler, guidance on or off. Fields that are left to the model's default
/// stand as "-", which is the same value for all of them.
std::string BatchKey(const v1::SynthesisSpec& spec);

}  // namespace atelier::server
