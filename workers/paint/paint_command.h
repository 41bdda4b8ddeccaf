// The work of atelier-paint: files in, one PNG out. Everything that can be refused is refused
// before the weights are read.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "engine/painter.h"

namespace atelier::paint {

struct PaintArguments {
  std::filesystem::path model;
  /// PNG, JPEG or WebP of the person.
  std::filesystem::path source;
  /// The person's texture map, in the model's size and layout.
  std::filesystem::path texture;
  /// Grey PNG of the texture map's size; empty = seen wherever the texture map is not black.
  std::filesystem::path validity;
  /// PNG of the target pose.
  std::filesystem::path iuv;
  /// "iuv": R = part, G = U, B = V. "vui": the published data set's files, R = V, G = U, B = part.
  std::string iuv_channels = "iuv";
  /// Empty = no face seen.
  std::filesystem::path face;
  std::filesystem::path output;
  engine::PainterOptions painter;
  engine::PaintOptions paint;
  uint64_t seed = 42;
};

/// Paints and writes `output`. INVALID_ARGUMENT names the flag or field; other codes as
/// engine::Painter has them. `on_step` may cancel.
Status Paint(const PaintArguments& arguments, const engine::StepCallback& on_step);

}  // namespace atelier::paint
