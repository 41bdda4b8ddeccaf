// The contact sheet of a synthesis: everything it went through, side by side in one PNG.
#pragma once

#include <string>

#include "base/iuv_chart.h"
#include "base/result.h"

namespace atelier::cli {

/// Encoded pictures of one synthesis, left to right.
struct SheetPictures {
  std::string source;
  std::string pose;
  /// Shown with a colour for each part, shaded by U and V.
  std::string target_iuv;
  IuvOrder iuv_order = IuvOrder::kIuv;
  std::string texture;
  std::string result;
};

/// A PNG with the five pictures at the result's height. INVALID_ARGUMENT when one does not decode.
Result<std::string> MakeSheet(const SheetPictures& pictures);

}  // namespace atelier::cli
