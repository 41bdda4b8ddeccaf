#include "server/admission/admission.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/ids.h"
#include "digest/sha256.h"
#include "picture/picture_metadata.h"
#include "server/admission/spec_check.h"
#include "server/assets/asset_deletion.h"
#include "server/assets/asset_storing.h"
#include "server/assets/tenant_blobs.h"
#include "server/storage/storage_failure.h"
#include "warnings/strict.h"

namespace atelier::server {
namespace {

// The same body gives the same hash, whichever call and client library it came through.
std::string HashOf(const v1::JobSpec& spec) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    spec.SerializeToCodedStream(&coded);
  }
  return Sha256Hex(bytes);
}

bool HasData(const std::vector<v1::Picture*>& pictures) {
  return std::any_of(pictures.begin(), pictures.end(),
                     [](const v1::Picture* picture) { return picture->has_data(); });
}

// What is known already to make the job's result doubtful; the error of one that its caller does
// not accept names the field below the context's prefix. Before any worker told of the model, its
// worker warns.
Result<WarningMessages> AcceptedWarnings(const JobKind& kind, const v1::JobSpec& spec,
                                         const SpecContext& context) {
  if (!context.model) return WarningMessages();
  WarningMessages warnings = WarningsToMessages(kind.WarningsOf(spec, *context.model));
  const Status accepted = CheckAccepted(spec.strict(), warnings);
  if (accepted) return warnings;
  Error error = accepted.error();
  error.field = context.prefix + "." + error.field;
  return Unexpected(std::move(error));
}

std::string OutcomeWith(const WarningMessages& warnings) {
  v1::Job outcome;
  *outcome.mutable_warnings() = warnings;
  return outcome.SerializeAsString();
}

void SetTtl(v1::JobSpec& spec, std::chrono::milliseconds ttl) {
  spec.mutable_queue_ttl()->set_seconds(ttl.count() / 1000);
  spec.mutable_queue_ttl()->set_nanos(static_cast<int32_t>(ttl.count() % 1000 * 1'000'000));
}

}  // namespace

Admission::Admission(JobQueue& queue, BlobStore& blobs, WorkerRegistry& workers, Options options)
    : queue_(queue), blobs_(blobs), workers_(workers), options_(std::move(options)) {}

Result<JobRecord> Admission::Submit(const SubmitRequest& request) {
  ATELIER_ASSIGN_OR_RETURN(const JobKind* const kind, options_.kinds->Find(request.spec));
  ATELIER_RETURN_IF_ERROR(CheckRequestId(request.request_id));
  const std::string hash = HashOf(request.spec);
  ATELIER_ASSIGN_OR_RETURN(std::optional<JobRecord> older, FindOlder(request, hash));
  if (older) return *std::move(older);
  ATELIER_ASSIGN_OR_RETURN(const QueueTerms terms, TermsOf(request.spec, request.terms_prefix));
  ATELIER_RETURN_IF_ERROR(CheckStrict(request.spec.strict(), request.terms_prefix + "strict"));

  v1::JobSpec spec = request.spec;
  if (kind->ModelOf(spec).empty()) kind->SetModel(spec, options_.default_model);
  JobRecord job;
  job.model = kind->ModelOf(spec);
  TenantBlobs seen(blobs_, queue_.store(), {request.tenant, request.every_tenant});
  SpecContext context{request.field_prefix, workers_.FindKnown(job.model), seen};
  if (context.prefix.empty()) context.prefix = request.terms_prefix + JobKinds::NameOf(*kind);
  if (!context.model) {
    ATELIER_RETURN_IF_ERROR(CheckUnknownModel(job.model, context.prefix + ".model"));
  }
  ATELIER_RETURN_IF_ERROR(kind->Check(spec, context));

  kind->FillDefaults(spec, context.model);
  ATELIER_ASSIGN_OR_RETURN(const WarningMessages warnings, AcceptedWarnings(*kind, spec, context));

  const JobSize size = kind->SizeOf(spec, seen);
  job.tenant = request.tenant;
  job.pixels = size.pixels;
  job.step_pixels = size.step_pixels;
  ATELIER_RETURN_IF_ERROR(queue_.CheckCost(size.step_pixels, context.prefix));
  const std::vector<v1::Picture*> pictures = kind->PicturesOf(spec);
  // A full queue refuses before pictures are written; the store looks again when it inserts.
  if (HasData(pictures)) ATELIER_RETURN_IF_ERROR(queue_.CheckRoom(job));
  if (const Status allowed = Review(*kind, spec, request.tenant); !allowed) {
    queue_.CountRefused(allowed.error().reason);
    return Propagate(allowed.error());
  }

  std::vector<HeldBlob> held;
  if (const Status stored = StorePictures(pictures, request.tenant, held); !stored) {
    TakeBack(std::move(held));
    queue_.CountRefused(stored.error().reason);
    return Propagate(stored.error());
  }
  const QueueTerms accepted_terms = queue_.WithDefaults(terms);
  if (accepted_terms.ttl.count() > 0) SetTtl(spec, accepted_terms.ttl);
  job.id = NewId();
  job.spec = spec.SerializeAsString();
  job.batch_key = kind->BatchKey(spec);
  job.request_id = request.request_id;
  job.request_hash = hash;
  job.traceparent = request.traceparent;
  job.outcome = OutcomeWith(warnings);
  Result<JobRecord> queued = queue_.Submit(std::move(job), accepted_terms);
  // Whether a disk that failed kept the job is not known before the next start: its pictures stay
  // until they are collected.
  if (!queued && !IsStorageFailure(queued.error())) TakeBack(std::move(held));
  return queued;
}

Result<std::optional<JobRecord>> Admission::FindOlder(const SubmitRequest& request,
                                                      const std::string& hash) {
  if (request.request_id.empty()) return std::optional<JobRecord>();
  ATELIER_ASSIGN_OR_RETURN(std::optional<JobRecord> older,
                           queue_.store().FindRequest(request.tenant, request.request_id));
  if (!older) return older;
  // The store would say the same; here it costs no pictures.
  const bool same = older->request_hash == hash;
  queue_.CountRepeated(same);
  if (!same) return RequestIdReused(request.request_id);
  return older;
}

Status Admission::CheckUnknownModel(const std::string& model, const std::string& field) {
  // Before the first worker ever came, jobs for the model it will bring may wait already.
  if (!workers_.KnowsAny() && model == options_.default_model) return {};
  return InvalidField(field, "a model that a worker holds or held", model);
}

Status Admission::Review(const JobKind& kind, const v1::JobSpec& spec, const std::string& tenant) {
  if (!options_.moderator) return {};
  v1::ReviewJobRequest request;
  request.set_tenant(tenant);
  *request.mutable_spec() = spec;
  for (v1::Picture* picture : kind.PicturesOf(*request.mutable_spec())) {
    if (picture->has_data()) {
      // As it would be stored: where it was taken is nobody's business.
      *picture->mutable_data() = RemovePictureMetadata(picture->data());
      continue;
    }
    ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture->asset()));
    ATELIER_ASSIGN_OR_RETURN(*picture->mutable_data(), blobs_.Get(digest));
  }
  return options_.moderator->ReviewJob(request);
}

Status Admission::StorePictures(const std::vector<v1::Picture*>& pictures,
                                const std::string& tenant, std::vector<HeldBlob>& held) {
  for (v1::Picture* picture : pictures) {
    if (picture->has_asset()) {
      // It was there when the spec was checked; from now on it stays until the job is stored.
      ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture->asset()));
      ATELIER_ASSIGN_OR_RETURN(BlobPins::Pin pin, blobs_.pins().Hold(digest));
      held.push_back({digest, std::move(pin)});
      ATELIER_RETURN_IF_ERROR(blobs_.Touch(digest));
      continue;
    }
    ATELIER_ASSIGN_OR_RETURN(HeldBlob blob, StoreAsset(picture->data(), tenant,
                                                       BlobStore::Origin::kClient, blobs_, queue_));
    picture->set_asset(AssetName(blob.digest));
    held.push_back(std::move(blob));
  }
  return {};
}

void Admission::TakeBack(std::vector<HeldBlob> held) {
  // The same picture may be there twice: its last use is the one that counts.
  std::map<std::string, BlobUse> stored;
  for (const HeldBlob& blob : held) {
    BlobUse& use = stored[blob.digest];
    use = {std::max(use.number, blob.use.number), use.created || blob.use.created};
  }
  held.clear();
  for (const auto& [digest, use] : stored) {
    TakeBackAsset(digest, use, queue_.store(), blobs_);
  }
}

}  // namespace atelier::server
