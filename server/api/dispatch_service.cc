#include "server/api/dispatch_service.h"

#include <algorithm>

#include "digest/sha256.h"
#include "limits/limits.h"
#include "rpc/call_interceptor.h"
#include "server/api/lease_call.h"
#include "server/api/reply.h"
#include "server/assets/asset_deletion.h"
#include "server/assets/stored_picture.h"
#include "server/dispatch/receipt_check.h"

namespace atelier::server {
namespace {

std::string JobId(const std::string& name) { return IdOf(name, "jobs/"); }

Result<v1::JobSpec> ParseSpec(const std::string& id, const std::string& stored) {
  v1::JobSpec spec;
  if (spec.ParseFromString(stored)) return spec;
  return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + id + " does not parse");
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

grpc::ServerUnaryReactor* DispatchServiceImpl::LeaseJobs(grpc::CallbackServerContext* context,
                                                         const v1::LeaseJobsRequest* request,
                                                         v1::LeaseJobsResponse* response) {
  const rpc::CallbackScope scope;
  const LeaseCall::Parts parts{dispatcher_, lease_waiters_, lifecycle_, callers_, lease_calls_};
  return LeaseCall::Start(parts, *context, *request, *response);
}

grpc::Status DispatchServiceImpl::ReportProgress(grpc::ServerContext*,
                                                 const v1::ReportProgressRequest* request,
                                                 v1::ReportProgressResponse* response) {
  v1::JobProgress progress = request->progress();
  // A preview would leave before anybody was asked.
  if (moderator_) progress.clear_preview();
  const Result<bool> cancel = dispatcher_.ReportProgress(
      JobId(request->job()), request->lease(), request->has_progress() ? &progress : nullptr);
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
  // Before the pictures are looked at; the transaction that records them looks again.
  ATELIER_ASSIGN_OR_RETURN(const std::shared_ptr<const LeasedWork> work,
                           dispatcher_.FindWorkToComplete(id, request.lease()));
  ATELIER_RETURN_IF_ERROR(CheckWarnings(request.warnings(), "warnings"));
  ATELIER_RETURN_IF_ERROR(CheckField(request, "device_seconds", "device_seconds"));
  if (request.has_receipt()) {
    ATELIER_RETURN_IF_ERROR(CheckReceipt(request.receipt(), "receipt"));
  }
  ATELIER_ASSIGN_OR_RETURN(const v1::JobSpec spec, ParseSpec(id, work->spec));
  ATELIER_ASSIGN_OR_RETURN(const JobKind* const kind, kinds_.Find(spec));
  ATELIER_RETURN_IF_ERROR(CheckCount(*kind, spec, request.results_size()));
  JobCompletion completion{.warnings = request.warnings(),
                           .device_seconds = request.device_seconds()};
  if (request.has_receipt()) completion.receipt = request.receipt();
  std::vector<HeldBlob> blobs;  // Until the job that names them is stored nobody deletes them.
  for (const v1::JobResult& result : request.results()) {
    ATELIER_ASSIGN_OR_RETURN(HeldBlob blob, HoldResult(result, work->tenant));
    ATELIER_ASSIGN_OR_RETURN(completion.images.emplace_back(), Describe(result, blob));
    blobs.push_back(std::move(blob));
  }
  if (const Status allowed = Review(request, *work, blobs); !allowed) {
    if (allowed.error().reason != kResultRefusedReason) return allowed;
    return FailRefused(request, allowed.error(), std::move(blobs));
  }
  for (int i = 0; i < request.results_size(); ++i) {
    // A heartbeat each: pictures on a slow disk outlast a lease.
    ATELIER_RETURN_IF_ERROR(dispatcher_.ExtendToComplete(id, request.lease()));
    const std::string& png = request.results(i).png();
    // Under a moderator's eyes StoreAsset() wrote no row either.
    if (png.empty() && !moderator_) continue;
    if (!png.empty()) {
      ATELIER_RETURN_IF_ERROR(blobs_.PutAs(blobs[i].digest, png, BlobStore::Origin::kWorker));
    }
    ATELIER_ASSIGN_OR_RETURN(const BlobInfo info, blobs_.Stat(blobs[i].digest));
    completion.owners.push_back({blobs[i].digest, work->tenant, queue_.WallMs(), info.size_bytes});
  }
  ATELIER_RETURN_IF_ERROR(AddFilm(request, *kind, work->tenant, completion, blobs));
  return dispatcher_.Complete(id, request.lease(), completion);
}

Status DispatchServiceImpl::Review(const v1::CompleteJobRequest& request, const LeasedWork& work,
                                   const std::vector<HeldBlob>& blobs) {
  if (!moderator_) return {};
  const std::string id = JobId(request.job());
  v1::ReviewResultRequest review;
  review.set_tenant(work.tenant);
  review.set_job(request.job());
  ATELIER_ASSIGN_OR_RETURN(*review.mutable_spec(), ParseSpec(id, work.spec));
  for (int i = 0; i < request.results_size(); ++i) {
    if (const std::string& along = request.results(i).png(); !along.empty()) {
      review.add_pictures(along);
      continue;
    }
    ATELIER_ASSIGN_OR_RETURN(*review.add_pictures(), blobs_.Get(blobs[i].digest));
  }
  return moderator_->ReviewResult(review, [&]() -> Status {
    ATELIER_RETURN_IF_ERROR(dispatcher_.ExtendToComplete(id, request.lease()));
    return {};
  });
}

Status DispatchServiceImpl::FailRefused(const v1::CompleteJobRequest& request, const Error& refused,
                                        std::vector<HeldBlob> blobs) {
  const JobFailure failure{.reason = refused.reason,
                           .message = refused.message,
                           .warnings = request.warnings(),
                           .device_seconds = request.device_seconds(),
                           .drops_pictures = true};
  ATELIER_RETURN_IF_ERROR(dispatcher_.Fail(JobId(request.job()), request.lease(), failure));
  BlobStore::Digests digests;
  for (const HeldBlob& blob : blobs) digests.insert(blob.digest);
  blobs.clear();
  for (const std::string& digest : digests) RemoveUnowned(digest, queue_.store(), blobs_);
  return {};
}

Result<PictureHeader> DispatchServiceImpl::HeaderOf(const v1::JobResult& result,
                                                    const std::string& digest) {
  const bool stored = result.png().empty();
  const std::string field = stored ? "results.asset" : "results.png";
  ATELIER_ASSIGN_OR_RETURN(
      const PictureHeader header,
      stored ? ReadStoredHeader(digest, field, blobs_) : ReadPictureHeader(result.png(), field));
  if (header.format != PictureFormat::kPng) {
    return InvalidField(field, "a PNG", ContentTypeOf(header.format));
  }
  if (!stored) ATELIER_RETURN_IF_ERROR(CheckPictureWhole(result.png(), field));
  return header;
}

Status DispatchServiceImpl::CheckCount(const JobKind& kind, const v1::JobSpec& spec, int count) {
  const int expected = kind.CountResults(spec);
  const bool fits = expected > 0 ? count == expected : count >= 1 && count <= kind.MostResults();
  if (fits) return {};
  const std::string rule =
      expected > 0 ? std::to_string(expected) : "1 to " + std::to_string(kind.MostResults());
  return InvalidField("results", rule + " pictures", std::to_string(count));
}

grpc::Status DispatchServiceImpl::RecordResults(grpc::ServerContext*,
                                                const v1::RecordResultsRequest* request,
                                                v1::RecordResultsResponse*) {
  return Reply(Record(*request));
}

Status DispatchServiceImpl::Record(const v1::RecordResultsRequest& request) {
  const std::string id = JobId(request.job());
  ATELIER_ASSIGN_OR_RETURN(const std::shared_ptr<const LeasedWork> work,
                           dispatcher_.FindWork(id, request.lease()));
  ATELIER_RETURN_IF_ERROR(CheckLimits(request));
  ATELIER_ASSIGN_OR_RETURN(const v1::JobSpec spec, ParseSpec(id, work->spec));
  ATELIER_ASSIGN_OR_RETURN(const JobKind* const kind, kinds_.Find(spec));
  if (!kind->RecordsResults()) {
    return InvalidField("job", "of a kind whose results are recorded one by one", request.job());
  }
  const int expected = kind->CountResults(spec);
  const int most = expected > 0 ? expected : kind->MostResults();
  if (request.results().empty() || request.first() + request.results_size() > most) {
    return InvalidField("results",
                        "1 or more and at most " + std::to_string(most) + " with those before",
                        std::to_string(request.first() + request.results_size()));
  }
  std::vector<v1::PaintedImage> images;
  std::vector<HeldBlob> blobs;  // Until the job names them nobody deletes them.
  for (const v1::JobResult& result : request.results()) {
    ATELIER_ASSIGN_OR_RETURN(HeldBlob blob,
                             HoldStored(result.asset(), "results.asset", work->tenant));
    ATELIER_ASSIGN_OR_RETURN(images.emplace_back(), Describe(result, blob));
    blobs.push_back(std::move(blob));
  }
  return dispatcher_.Record(id, request.lease(), request.first(), images);
}

Result<v1::PaintedImage> DispatchServiceImpl::Describe(const v1::JobResult& result,
                                                       const HeldBlob& blob) {
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, HeaderOf(result, blob.digest));
  v1::PaintedImage image;
  image.set_asset(AssetName(blob.digest));
  image.set_seed(result.seed());
  image.set_height(header.height);
  image.set_width(header.width);
  return image;
}

Status DispatchServiceImpl::AddFilm(const v1::CompleteJobRequest& request, const JobKind& kind,
                                    const std::string& tenant, JobCompletion& completion,
                                    std::vector<HeldBlob>& blobs) {
  if (!request.has_film()) return {};
  if (!kind.RecordsResults()) return InvalidField("film", "absent for a job of its kind", "given");
  ATELIER_ASSIGN_OR_RETURN(HeldBlob blob, HoldStored(request.film().asset(), "film.asset", tenant));
  ATELIER_ASSIGN_OR_RETURN(const BlobInfo info, blobs_.Stat(blob.digest));
  // A row that is there already stays as it is.
  completion.owners.push_back({blob.digest, tenant, queue_.WallMs(), info.size_bytes});
  completion.film = request.film();
  blobs.push_back(std::move(blob));
  return {};
}

Result<HeldBlob> DispatchServiceImpl::HoldResult(const v1::JobResult& result,
                                                 const std::string& tenant) {
  if (!result.png().empty()) {
    if (!result.asset().empty()) return InvalidField("results", "an asset or a png", "both");
    ATELIER_RETURN_IF_ERROR(CheckField(result, "png", "results.png"));
    std::string digest = Sha256Hex(result.png());
    ATELIER_ASSIGN_OR_RETURN(BlobPins::Pin pin, blobs_.pins().Hold(digest));
    return HeldBlob{std::move(digest), std::move(pin)};
  }
  return HoldStored(result.asset(), "results.asset", tenant);
}

Result<HeldBlob> DispatchServiceImpl::HoldStored(const std::string& asset, const std::string& field,
                                                 const std::string& tenant) {
  const Unexpected not_stored = InvalidField(field, "what StoreAsset answered", asset);
  const Result<std::string> digest = DigestOfAsset(asset);
  if (!digest) return not_stored;
  ATELIER_ASSIGN_OR_RETURN(BlobPins::Pin pin, blobs_.pins().Hold(*digest));
  HeldBlob blob{*digest, std::move(pin)};
  const Status touched = blobs_.Touch(blob.digest);
  if (!touched && touched.error().code == Code::kNotFound) return not_stored;
  ATELIER_RETURN_IF_ERROR(touched);
  ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> owners,
                           queue_.store().ListAssetOwners(blob.digest));
  const bool owned = std::any_of(owners.begin(), owners.end(),
                                 [&](const AssetOwner& owner) { return owner.tenant == tenant; });
  // Before it is allowed to leave it is nobody's.
  const bool unreviewed = moderator_ && owners.empty();
  if (!owned && !unreviewed) return not_stored;
  return blob;
}

grpc::Status DispatchServiceImpl::FailJob(grpc::ServerContext*, const v1::FailJobRequest* request,
                                          v1::FailJobResponse*) {
  if (request->reason().empty()) {
    return Reply(Status(InvalidField("reason", "an UPPER_SNAKE reason", "none")));
  }
  if (const Status known = CheckWarnings(request->warnings(), "warnings"); !known) {
    return Reply(known);
  }
  if (const Status few = CheckField(*request, "device_seconds", "device_seconds"); !few) {
    return Reply(few);
  }
  const JobFailure failure{request->reason(),   request->message(),   request->retryable(),
                           request->warnings(), request->uncounted(), request->device_seconds()};
  return Reply(dispatcher_.Fail(JobId(request->job()), request->lease(), failure));
}

}  // namespace atelier::server
