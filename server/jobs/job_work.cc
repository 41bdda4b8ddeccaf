#include "server/jobs/job_work.h"

#include <algorithm>

#include "atelier/v1/job.pb.h"

namespace atelier::server {

JobWork WorkOf(const JobRecord& job) {
  v1::JobSpec parsed;
  // A spec that does not parse is reported where it is read for its own sake.
  if (!parsed.ParseFromString(job.spec)) parsed.Clear();
  const v1::SynthesisSpec& spec = parsed.synthesis();
  const bool sized = spec.height() > 0 && spec.width() > 0;
  const double picture =
      sized ? static_cast<double>(spec.height()) * static_cast<double>(spec.width()) / 1e6 : 1.0;
  JobWork work{job.model, job.batch_key};
  work.pixels = picture * std::max(1, spec.image_count());
  work.step_pixels = work.pixels * std::max(1, spec.steps()) * (spec.guidance() > 1 ? 2 : 1);
  return work;
}

}  // namespace atelier::server
