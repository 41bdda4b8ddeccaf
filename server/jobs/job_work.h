// JobWork: what a job asks for, in the sizes that its time depends on.
#pragma once

#include <string>

#include "server/store/job_record.h"

namespace atelier::server {

struct JobWork {
  std::string model;
  std::string batch_key;
  /// Millions of pixels of all its pictures.
  double pixels = 0;
  /// The same once for each denoising step, and twice where guidance doubles the rows.
  double step_pixels = 0;
};

/// A job whose size is not known counts as one megapixel in one step.
JobWork WorkOf(const JobRecord& job);

}  // namespace atelier::server
