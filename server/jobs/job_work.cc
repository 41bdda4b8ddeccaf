#include "server/jobs/job_work.h"

namespace atelier::server {
namespace {

double Millions(int64_t count) { return static_cast<double>(count) / 1e6; }

}  // namespace

JobWork WorkOf(const JobRecord& job) {
  const bool is_unpainted = job.batch_key.ends_with(kUnpaintedKey);
  JobWork work{job.model, job.batch_key, is_unpainted ? job.batch_key : job.model};
  work.pixels = job.pixels > 0 ? Millions(job.pixels) : 1.0;
  work.step_pixels = job.step_pixels > 0 ? Millions(job.step_pixels) : work.pixels;
  return work;
}

}  // namespace atelier::server
