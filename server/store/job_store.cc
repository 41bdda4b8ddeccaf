#include "server/store/job_store.h"

namespace atelier::server {

bool Passes(const JobFilter& filter, const JobRecord& job) {
  const bool state = filter.states.empty() || filter.states.Has(job.state);
  return state && (filter.tenant.empty() || filter.tenant == job.tenant) &&
         (filter.error_reason.empty() || filter.error_reason == job.error_reason);
}

Result<JobRecord> Mutated(const JobRecord& job, const JobStore::Mutation& mutate) {
  JobRecord mutated = job;
  ATELIER_RETURN_IF_ERROR(mutate(mutated));
  if (mutated.state != JobState::kRunning) mutated.lease.reset();
  if (!(mutated == job)) ++mutated.revision;
  return mutated;
}

Status CheckTenantLimits(const JobRecord& job, const TenantLoad& load, const QueueLimits& limits) {
  if (load.queued >= limits.queued_per_tenant) {
    return TenantQueueFull(job.tenant, limits.queued_per_tenant);
  }
  if (job.step_pixels > limits.step_pixels_per_tenant - load.step_pixels) {
    return TenantCostLimit(job.tenant, limits.step_pixels_per_tenant,
                           load.step_pixels + job.step_pixels);
  }
  return {};
}

Unexpected JobNotFound(const std::string& id) {
  return MakeError(Code::kNotFound, "JOB_NOT_FOUND", "there is no job jobs/" + id);
}

Unexpected LeaseLost(const std::string& id) {
  return MakeError(Code::kAborted, kLeaseLostReason, "the lease of jobs/" + id + " is over");
}

Unexpected JobNotFinished(const JobRecord& job) {
  return MakeError(
      Code::kFailedPrecondition, "JOB_NOT_FINISHED",
      "jobs/" + job.id + " is " + std::string(JobStateName(job.state)) + ": cancel it first");
}

Unexpected RequestIdReused(const std::string& request_id) {
  Error error{Code::kAlreadyExists, "REQUEST_ID_REUSED",
              "request_id " + request_id + " came before with another body", "request_id"};
  return Unexpected(std::move(error));
}

Unexpected QueueFull(int64_t limit) {
  return MakeError(Code::kResourceExhausted, "QUEUE_FULL",
                   "the queue holds its limit of " + std::to_string(limit) + " jobs");
}

Unexpected TenantQueueFull(const std::string& tenant, int64_t limit) {
  return MakeError(
      Code::kResourceExhausted, "TENANT_QUEUE_FULL",
      "tenant " + tenant + " has its limit of " + std::to_string(limit) + " jobs in the queue");
}

Unexpected TenantCostLimit(const std::string& tenant, int64_t limit, int64_t given) {
  const auto millions = [](int64_t count) { return std::to_string(count / 1'000'000); };
  return MakeError(Code::kResourceExhausted, "TENANT_COST_LIMIT",
                   "the waiting and running jobs of tenant " + tenant + " must cost at most " +
                       millions(limit) + " megapixel steps. Given: " + millions(given) +
                       " with this one");
}

}  // namespace atelier::server
