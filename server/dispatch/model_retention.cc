#include "server/dispatch/model_retention.h"

#include <spdlog/spdlog.h>

#include <string>
#include <vector>

namespace atelier::server {

Result<int64_t> ForgetGoneModels(WorkerRegistry& workers, JobQueue& queue,
                                 std::chrono::milliseconds ttl) {
  ATELIER_ASSIGN_OR_RETURN(const auto waiting, queue.store().CountQueued());
  std::vector<std::string> models;
  for (const JobStore::QueuedOfModel& row : waiting) models.push_back(row.model);
  ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> gone, workers.ForgetGone(models, ttl));
  int64_t ended = 0;
  for (const std::string& model : gone) {
    const std::string message =
        "no worker has served " + model + " for " + std::to_string(ttl.count() / 1000) + " s";
    ATELIER_ASSIGN_OR_RETURN(const int64_t jobs, queue.ExpireModel(model, message));
    if (jobs > 0) spdlog::warn("model={} jobs={} expired: {}", model, jobs, message);
    ended += jobs;
  }
  return ended;
}

}  // namespace atelier::server
