// JobWork: what a job asks for, in the sizes that its time depends on.
#pragma once

#include <string>
#include <string_view>

#include "server/store/job_record.h"

namespace atelier::server {

/// What the batch keys of jobs end with that paint nothing with their model, such as edits that
/// carry pixels.
inline constexpr std::string_view kUnpaintedKey = "|edit";

struct JobWork {
  std::string model;
  std::string batch_key;
  /// Jobs of one key cost about the same for each pixel and step: the model, or the batch key where
  /// nothing is painted.
  std::string cost_key;
  /// Millions of pixels of all its pictures.
  double pixels = 0;
  /// The same once for each denoising step, and twice where guidance doubles the rows.
  double step_pixels = 0;
};

/// A job whose size is not known counts as one megapixel in one step.
JobWork WorkOf(const JobRecord& job);

}  // namespace atelier::server
