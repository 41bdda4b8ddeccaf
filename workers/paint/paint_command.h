// The work of atelier-paint: files in, one PNG out. Everything that can be refused is refused
// before the weights are read.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/warning.h"
#include "engine/painter.h"

namespace atelier::paint {

/// Of source, texture, iuv, keypoints and face those are given that the model's pipeline reads; the
/// face may be left out.
struct PaintArguments {
  std::filesystem::path model;
  /// PNG, JPEG, WebP or HEIC of the person.
  std::filesystem::path source;
  /// The person's texture map, in the model's size and layout.
  std::filesystem::path texture;
  /// Grey PNG of the texture map's size; empty = seen wherever the texture map is not black.
  std::filesystem::path validity;
  /// PNG of the target pose.
  std::filesystem::path iuv;
  /// "iuv": R = part, G = U, B = V. "vui": the published data set's files, R = V, G = U, B = part.
  std::string iuv_channels = "iuv";
  /// Chart of `iuv`, one of kIuvCharts; empty: what its PNG says, or else the model's, with a
  /// warning.
  std::string iuv_chart;
  /// PNG, JPEG, WebP or HEIC of the target pose's keypoints: the skeleton on black.
  std::filesystem::path keypoints;
  /// Empty = no face seen.
  std::filesystem::path face;
  std::filesystem::path output;
  engine::PainterOptions painter;
  engine::PaintOptions paint;
  uint64_t seed = 42;
};

using WarningCallback = std::function<void(const Warning&)>;

/// Paints and writes `output`. INVALID_ARGUMENT names the flag or field; FAILED_PRECONDITION
/// (IUV_CHART) for an IUV in a chart that the model does not read; other codes as engine::Painter
/// has them. `on_step` may cancel. `on_warning` (may be empty) gets what makes the picture
/// doubtful, before it is painted.
Status Paint(const PaintArguments& arguments, const engine::StepCallback& on_step,
             const WarningCallback& on_warning = {});

}  // namespace atelier::paint
