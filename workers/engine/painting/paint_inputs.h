// What a painter accepts: requests and options checked against its model, before any work is done.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "engine/painter.h"

namespace atelier::engine {

/// Sides of a picture to paint, in pixels.
inline constexpr int kMinSidePixels = 32;
inline constexpr int kMaxSidePixels = 2048;
inline constexpr int kSideMultiplePixels = 8;
inline constexpr int kMaxSteps = 1000;
inline constexpr double kMaxGuidance = 30.0;

/// PaintOptions with the model's defaults filled in.
struct ResolvedPaintOptions {
  int height = 0;
  int width = 0;
  int steps = 0;
  double guidance = 1.0;
  std::string scheduler;
  int preview_every = 0;

  bool guided() const { return guidance > 1.0; }
};

/// INVALID_ARGUMENT names the option.
Result<ResolvedPaintOptions> ResolvePaintOptions(const PaintOptions& options,
                                                 const ModelInfo& info);

/// The conditions that the model reads; the others are not looked at. INVALID_ARGUMENT names the
/// field: "requests[1].iuv".
Status CheckPaintRequests(std::span<const PaintRequest> requests, const ModelInfo& info);

}  // namespace atelier::engine
