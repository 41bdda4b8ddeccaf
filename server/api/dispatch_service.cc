#include "server/api/dispatch_service.h"

#include "picture/picture_header.h"
#include "server/api/reply.h"

namespace atelier::server {
namespace {

constexpr int kMaxLeasedJobs = 64;
constexpr std::chrono::milliseconds kMaxWait(30000);

std::string JobId(const std::string& name) { return IdOf(name, "jobs/"); }

Result<std::chrono::milliseconds> WaitOf(const v1::LeaseJobsRequest& request) {
  const auto wait = std::chrono::seconds(request.wait().seconds()) +
                    std::chrono::milliseconds(request.wait().nanos() / 1'000'000);
  if (wait >= std::chrono::milliseconds(0) && wait <= kMaxWait) return wait;
  return InvalidField("wait", "0 to 30 s", std::to_string(request.wait().seconds()) + " s");
}

// The pictures must be as many as the job asked for, and PNGs.
Result<std::vector<PictureHeader>> CheckImages(const v1::CompleteJobRequest& request,
                                               const JobRecord& job) {
  v1::JobSpec spec;
  if (!spec.ParseFromString(job.spec)) {
    return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + job.id + " does not parse");
  }
  const int expected = spec.synthesis().image_count();
  if (request.images_size() != expected) {
    return InvalidField("images", std::to_string(expected) + " pictures",
                        std::to_string(request.images_size()));
  }
  std::vector<PictureHeader> headers;
  for (const v1::PaintedPicture& image : request.images()) {
    ATELIER_ASSIGN_OR_RETURN(const PictureHeader header,
                             ReadPictureHeader(image.png(), "images.png"));
    if (header.format != PictureFormat::kPng) {
      return InvalidField("images.png", "a PNG", ContentTypeOf(header.format));
    }
    headers.push_back(header);
  }
  return headers;
}

}  // namespace

grpc::Status DispatchServiceImpl::RegisterWorker(grpc::ServerContext*,
                                                 const v1::RegisterWorkerRequest* request,
                                                 v1::RegisterWorkerResponse* response) {
  const Status status =
      workers_.Register(request->worker(), {request->models().begin(), request->models().end()});
  const auto lease = dispatcher_.options().lease_duration;
  response->mutable_lease_duration()->set_seconds(lease.count() / 1000);
  response->mutable_lease_duration()->set_nanos(
      static_cast<int32_t>(lease.count() % 1000 * 1'000'000));
  return Reply(status);
}

grpc::Status DispatchServiceImpl::LeaseJobs(grpc::ServerContext* context,
                                            const v1::LeaseJobsRequest* request,
                                            v1::LeaseJobsResponse* response) {
  if (request->max_jobs() < 1 || request->max_jobs() > kMaxLeasedJobs) {
    return Reply(Status(InvalidField("max_jobs", "1 to 64", std::to_string(request->max_jobs()))));
  }
  const Result<std::chrono::milliseconds> wait = WaitOf(*request);
  if (!wait) return Reply(wait.error());
  const auto keep_waiting = [&]() -> Status {
    ATELIER_RETURN_IF_ERROR(CallerIsThere(*context));
    return lifecycle_.MayStart();
  };
  const Result<std::vector<JobRecord>> jobs =
      dispatcher_.LeaseJobs(request->worker(), request->max_jobs(), *wait, keep_waiting);
  if (!jobs) return Reply(jobs.error());
  for (const JobRecord& job : *jobs) {
    v1::LeasedJob* leased = response->add_jobs();
    leased->set_job("jobs/" + job.id);
    leased->set_lease(job.lease->token);
    leased->set_attempt(job.attempt);
    leased->set_traceparent(job.traceparent);
    if (!leased->mutable_spec()->ParseFromString(job.spec)) {
      return Reply(
          Status(MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + job.id + " does not parse")));
    }
  }
  return grpc::Status::OK;
}

grpc::Status DispatchServiceImpl::ReportProgress(grpc::ServerContext*,
                                                 const v1::ReportProgressRequest* request,
                                                 v1::ReportProgressResponse* response) {
  const Result<bool> cancel =
      dispatcher_.ReportProgress(JobId(request->job()), request->lease(),
                                 request->has_progress() ? &request->progress() : nullptr);
  if (!cancel) return Reply(cancel.error());
  response->set_cancel_requested(*cancel);
  return grpc::Status::OK;
}

grpc::Status DispatchServiceImpl::CompleteJob(grpc::ServerContext*,
                                              const v1::CompleteJobRequest* request,
                                              v1::CompleteJobResponse*) {
  return Reply(Complete(*request));
}

Status DispatchServiceImpl::Complete(const v1::CompleteJobRequest& request) {
  const std::string id = JobId(request.job());
  // Before the pictures are written; the transaction that records them looks again.
  ATELIER_RETURN_IF_ERROR(dispatcher_.CheckCompletion(id, request.lease()));
  ATELIER_RETURN_IF_ERROR(CheckWarnings(request.warnings(), "warnings"));
  ATELIER_ASSIGN_OR_RETURN(const JobRecord job, queue_.Get(id));
  ATELIER_ASSIGN_OR_RETURN(const std::vector<PictureHeader> headers, CheckImages(request, job));
  std::vector<v1::PaintedImage> images;
  std::vector<BlobPins::Pin> pins;  // Until the job that names them is stored.
  for (int i = 0; i < request.images_size(); ++i) {
    ATELIER_ASSIGN_OR_RETURN(HeldBlob blob,
                             PutHeld(blobs_, request.images(i).png(), BlobStore::Origin::kWorker));
    v1::PaintedImage& image = images.emplace_back();
    image.set_asset(AssetName(blob.digest));
    pins.push_back(std::move(blob.pin));
    image.set_seed(request.images(i).seed());
    image.set_height(headers[i].height);
    image.set_width(headers[i].width);
  }
  return dispatcher_.Complete(id, request.lease(), images, request.warnings());
}

grpc::Status DispatchServiceImpl::FailJob(grpc::ServerContext*, const v1::FailJobRequest* request,
                                          v1::FailJobResponse*) {
  if (request->reason().empty()) {
    return Reply(Status(InvalidField("reason", "an UPPER_SNAKE reason", "none")));
  }
  if (const Status known = CheckWarnings(request->warnings(), "warnings"); !known) {
    return Reply(known);
  }
  const JobFailure failure{request->reason(), request->message(), request->retryable(),
                           request->warnings()};
  return Reply(dispatcher_.Fail(JobId(request->job()), request->lease(), failure));
}

}  // namespace atelier::server
