#include "server/api/synthesis_service.h"

#include <spdlog/spdlog.h>

#include "server/api/reply.h"
#include "server/jobs/job_follower.h"

namespace atelier::server {

grpc::Status SynthesisServiceImpl::Synthesize(grpc::ServerContext* context,
                                              const v1::SynthesizeRequest* request,
                                              v1::SynthesizeResponse* response) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  if (const Status status = lifecycle_.MayStart(); !status) return Reply(status);
  const Result<std::string> tenant = TenantOf(*context);
  if (!tenant) return Reply(tenant.error());
  SubmitRequest submit;
  submit.tenant = *tenant;
  if (request->has_spec()) *submit.spec.mutable_synthesis() = request->spec();
  submit.spec.mutable_synthesis();  // A missing spec breaks the rules of its fields.
  submit.spec.set_priority(request->priority());
  if (request->has_queue_ttl()) *submit.spec.mutable_queue_ttl() = request->queue_ttl();
  *submit.spec.mutable_strict() = request->strict();
  submit.request_id = request->request_id();
  submit.traceparent = TraceparentOf(*context);
  submit.field_prefix = "spec";
  submit.terms_prefix = "";
  const Result<JobRecord> submitted = admission_.Submit(submit);
  if (!submitted) return Reply(submitted.error());

  const Result<JobRecord> job = Await(*context, submitted->id);
  if (!job) return Reply(job.error());
  if (job->state == JobState::kSucceeded) return Reply(LoadImages(*job, response));
  if (job->state == JobState::kCancelled) {
    return Reply(
        Status(MakeError(Code::kCancelled, "JOB_CANCELLED", "jobs/" + job->id + " was cancelled")));
  }
  return Reply(Status(
      MakeError(Code::kAborted, job->error_reason, "jobs/" + job->id + ": " + job->error_message)));
}

Result<JobRecord> SynthesisServiceImpl::Await(const grpc::ServerContext& context,
                                              const std::string& id) {
  const auto keep_waiting = [&](JobState state) -> Status {
    ATELIER_RETURN_IF_ERROR(CallerIsThere(context));
    return lifecycle_.MayWait(state);
  };
  Result<JobRecord> job =
      FollowJob(queue_, id, 0, keep_waiting, [](const JobNews&) { return Status(); });
  if (!job && job.error().code == Code::kCancelled) {
    if (const auto cancelled = queue_.Cancel(id); !cancelled) {
      spdlog::error("job={} cannot cancel: {}", id, cancelled.error().message);
    }
  }
  return job;
}

Status SynthesisServiceImpl::LoadImages(const JobRecord& job, v1::SynthesizeResponse* response) {
  v1::Job outcome;
  if (!outcome.ParseFromString(job.outcome)) {
    return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + job.id + " does not parse");
  }
  response->set_job("jobs/" + job.id);
  *response->mutable_warnings() = outcome.warnings();
  for (v1::PaintedImage& image : *outcome.mutable_images()) {
    ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(image.asset()));
    ATELIER_ASSIGN_OR_RETURN(*image.mutable_data(), blobs_.Get(digest));
    *response->add_images() = std::move(image);
  }
  return {};
}

}  // namespace atelier::server
