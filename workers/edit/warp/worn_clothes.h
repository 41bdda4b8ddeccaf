// How far clothes stand off the base's body once a garment is swapped.
#pragma once

#include <vector>

#include "edit/person/subject.h"

namespace atelier::edit {

/// Metres, every vertex: the donor's where `worn` (0..1) says that the new garment is, next to
/// nothing where `old` says that only the old one was, else the base's.
std::vector<float> ClothesAfter(const people::Body& body, const Person& base, const Person& donor,
                                const std::vector<float>& worn, const std::vector<float>& old);

}  // namespace atelier::edit
