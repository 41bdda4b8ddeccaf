// FilmReader: what the networks for photographs see of the person of a film, and how they move.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "people/fit/observation.h"
#include "perception/keypoint_estimator.h"

namespace atelier::perception {

/// One thread at a time.
class FilmReader {
 public:
  /// Reads with BlazePose's networks in `photograph_folder`. Errors as BlazePose::Load().
  static Result<std::unique_ptr<FilmReader>> Load(const std::filesystem::path& photograph_folder);
  virtual ~FilmReader() = default;

  /// Errors as KeypointEstimator::Estimate().
  virtual Result<KeypointEstimate> Estimate(const Image& picture) = 0;

  /// What people::FilmFitter is given of a frame; nothing when nobody is seen in it.
  virtual Result<std::optional<people::PersonObservation>> Observe(const Image& picture) = 0;
};

}  // namespace atelier::perception
