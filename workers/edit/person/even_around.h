// The end of a garment on the trunk, which runs around the body at one height.
#pragma once

#include <vector>

#include "people/body/body.h"

namespace atelier::edit {

/// `membership` (0..1, every vertex) in a garment; of vertices of the trunk below `below` metres in
/// the mean shape, its mean over the front at their height, made nearly 0 or 1. Arms and hair that
/// hide a flank do not change what is worn there.
std::vector<float> EvenAround(const people::Body& body, const std::vector<float>& membership,
                              float below);

/// Whether a place is of the trunk, with the hips where they are the legs'.
bool OnTrunk(const people::Attributes& a);

/// Height in the mean shape, metres, at which a garment of that membership ends on the trunk's
/// front: what of the front between `above` and the hips it covers, laid down from `above`.
float EndOnTrunk(const people::Body& body, const std::vector<float>& membership, float above);

}  // namespace atelier::edit
