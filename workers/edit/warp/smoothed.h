// Values of the body's vertices, smoothed over its surface.
#pragma once

#include <vector>

#include "people/body/body.h"

namespace atelier::edit {

/// Each round takes half of every vertex's value from its neighbours.
std::vector<float> Smoothed(const people::Body& body, std::vector<float> values, int rounds);

}  // namespace atelier::edit
