#include "server/jobs/job_store.h"

namespace atelier::server {

Unexpected JobNotFound(const std::string& id) {
  return MakeError(Code::kNotFound, "JOB_NOT_FOUND", "there is no job jobs/" + id);
}

Unexpected RequestIdReused(const std::string& request_id) {
  Error error{Code::kAlreadyExists, "REQUEST_ID_REUSED",
              "request_id " + request_id + " came before with another body", "request_id"};
  return Unexpected(std::move(error));
}

Unexpected QueueFull(int64_t max_queued) {
  return MakeError(Code::kResourceExhausted, "QUEUE_FULL",
                   "the queue holds its limit of " + std::to_string(max_queued) + " jobs");
}

}  // namespace atelier::server
