#include "server/store/job_store.h"

#include <algorithm>

namespace atelier::server {

bool Passes(const JobFilter& filter, const JobRecord& job) {
  const auto& states = filter.states;
  const bool state =
      states.empty() || std::find(states.begin(), states.end(), job.state) != states.end();
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

}  // namespace atelier::server
