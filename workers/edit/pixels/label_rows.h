// One number for every label of a pixel: scores, logarithms or probabilities.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "edit/person/regions.h"

namespace atelier::edit {

using LabelRow = std::array<float, kLabelCount>;

/// Of scores that are logarithms; they sum to 1.
inline LabelRow Probabilities(LabelRow scores) {
  const float most = *std::max_element(scores.begin(), scores.end());
  float sum = 0;
  for (float& value : scores) sum += value = std::exp(value - most);
  for (float& value : scores) value /= sum;
  return scores;
}

}  // namespace atelier::edit
