// Charts of IUV pictures: which U and V a spot of the body has. Two charts give the same spot
// different numbers, so that a picture in one must not be read as if it were in the other. And the
// orders in which files have the channels.
#pragma once

#include <array>
#include <string_view>

namespace atelier {

/// The renderer's own chart (workers/people/body/iuv_chart.h), which models trained on it read.
inline constexpr std::string_view kAtelierChart = "atelier";
/// DensePose's, which published checkpoints read.
inline constexpr std::string_view kDensePoseChart = "densepose";
inline constexpr std::array kIuvCharts = {kAtelierChart, kDensePoseChart};

/// Keyword of the PNG text that names the chart of the IUV picture in the file.
inline constexpr std::string_view kIuvChartKeyword = "iuv_chart";

/// In which order the channels of an IUV picture stand in its file.
enum class IuvOrder {
  /// R = part, G = U, B = V.
  kIuv,
  /// R = V, G = U, B = part: OpenCV, which takes an array's first channel for blue, writes so.
  kVui,
};

}  // namespace atelier
