#include "server/admission/admission.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/ids.h"
#include "digest/sha256.h"
#include "server/admission/batch_key.h"
#include "server/admission/spec_check.h"
#include "warnings/spec_warnings.h"
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

// 53 bits: a seed that JSON readers hold exactly.
uint64_t DrawSeed() {
  // Opened once a thread: opening costs more than a draw.
  thread_local std::random_device device;
  return ((static_cast<uint64_t>(device()) << 32) | device()) >> 11;
}

void FillDefaults(v1::SynthesisSpec& spec, const std::optional<v1::Model>& model) {
  if (!spec.has_seed()) spec.set_seed(DrawSeed());
  if (!spec.has_image_count()) spec.set_image_count(1);
  if (!spec.has_preview_every()) spec.set_preview_every(0);
  // What the model does not say, or while no worker ever told, the worker fills in.
  if (!model) return;
  if (!spec.has_height() && model->height() > 0) spec.set_height(model->height());
  if (!spec.has_width() && model->width() > 0) spec.set_width(model->width());
  if (!spec.has_steps() && model->default_steps() > 0) spec.set_steps(model->default_steps());
  if (!spec.has_guidance() && model->default_guidance() > 0) {
    spec.set_guidance(model->default_guidance());
  }
  if (spec.scheduler().empty()) spec.set_scheduler(model->default_scheduler());
}

std::vector<v1::Picture*> PicturesOf(v1::SynthesisSpec& spec) {
  std::vector<v1::Picture*> pictures = {spec.mutable_source()};
  if (spec.has_pose_picture()) pictures.push_back(spec.mutable_pose_picture());
  if (spec.has_pose_iuv()) pictures.push_back(spec.mutable_pose_iuv());
  if (spec.has_source_iuv()) pictures.push_back(spec.mutable_source_iuv());
  if (spec.has_texture()) pictures.push_back(spec.mutable_texture());
  if (spec.has_face()) pictures.push_back(spec.mutable_face());
  return pictures;
}

bool HasData(v1::SynthesisSpec& spec) {
  const std::vector<v1::Picture*> pictures = PicturesOf(spec);
  return std::any_of(pictures.begin(), pictures.end(),
                     [](const v1::Picture* picture) { return picture->has_data(); });
}

// What is known already to make the job's result doubtful; the error of one that its caller does
// not accept names the field below `prefix`. Before any worker told of the model, its worker warns.
Result<WarningMessages> AcceptedWarnings(const v1::JobSpec& spec,
                                         const std::optional<v1::Model>& model,
                                         const std::string& prefix) {
  if (!model) return WarningMessages();
  WarningMessages warnings = WarningsToMessages(WarningsOfSpec(spec, *model));
  const Status accepted = CheckAccepted(spec.strict(), warnings);
  if (accepted) return warnings;
  Error error = accepted.error();
  error.field = prefix + "." + error.field;
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
  if (request.spec.kind_case() == v1::JobSpec::KIND_NOT_SET) {
    return InvalidField("spec", "one of synthesis, edit and sequence", "none");
  }
  if (!request.spec.has_synthesis()) {
    return MakeError(Code::kUnimplemented, "UNKNOWN_SPEC",
                     "edits and sequences are not painted yet: `spec` must hold a synthesis");
  }
  ATELIER_RETURN_IF_ERROR(CheckRequestId(request.request_id));
  const std::string hash = HashOf(request.spec);
  ATELIER_ASSIGN_OR_RETURN(std::optional<JobRecord> older, FindOlder(request, hash));
  if (older) return *std::move(older);
  ATELIER_ASSIGN_OR_RETURN(const QueueTerms terms, TermsOf(request.spec, request.terms_prefix));
  ATELIER_RETURN_IF_ERROR(CheckStrict(request.spec.strict(), request.terms_prefix + "strict"));

  v1::JobSpec accepted = request.spec;
  v1::SynthesisSpec& spec = *accepted.mutable_synthesis();
  if (spec.model().empty()) spec.set_model(options_.default_model);
  ATELIER_RETURN_IF_ERROR(CheckModel(spec.model(), request.field_prefix + ".model"));
  const std::optional<v1::Model> model = workers_.FindKnown(spec.model());
  ATELIER_RETURN_IF_ERROR(CheckSynthesis(spec, request.field_prefix, model, blobs_));

  FillDefaults(spec, model);
  ATELIER_ASSIGN_OR_RETURN(const WarningMessages warnings,
                           AcceptedWarnings(accepted, model, request.field_prefix));

  // A full queue refuses before pictures are written; the store looks again when it inserts.
  if (HasData(spec)) ATELIER_RETURN_IF_ERROR(queue_.CheckRoom());

  const Result<std::vector<BlobPins::Pin>> pins = StorePictures(spec);
  if (!pins) {
    queue_.CountRefused(pins.error().reason);
    return Propagate(pins.error());
  }
  const QueueTerms accepted_terms = queue_.WithDefaults(terms);
  if (accepted_terms.ttl.count() > 0) SetTtl(accepted, accepted_terms.ttl);
  JobRecord job;
  job.id = NewId();
  job.tenant = request.tenant;
  job.spec = accepted.SerializeAsString();
  job.model = spec.model();
  job.batch_key = BatchKey(spec);
  job.request_id = request.request_id;
  job.request_hash = hash;
  job.traceparent = request.traceparent;
  job.outcome = OutcomeWith(warnings);
  return queue_.Submit(std::move(job), accepted_terms);
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

Status Admission::CheckModel(const std::string& model, const std::string& field) {
  if (workers_.FindKnown(model)) return {};
  // Before the first worker ever came, jobs for the model it will bring may wait already.
  if (!workers_.KnowsAny() && model == options_.default_model) return {};
  return InvalidField(field, "a model that a worker holds or held", model);
}

Result<std::vector<BlobPins::Pin>> Admission::StorePictures(v1::SynthesisSpec& spec) {
  std::vector<BlobPins::Pin> pins;
  for (v1::Picture* picture : PicturesOf(spec)) {
    if (picture->has_asset()) {
      // It was there when the spec was checked; from now on it stays until the job is stored.
      ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture->asset()));
      pins.push_back(blobs_.pins().Hold(digest));
      ATELIER_RETURN_IF_ERROR(blobs_.Touch(digest));
      continue;
    }
    ATELIER_ASSIGN_OR_RETURN(HeldBlob blob, PutHeld(blobs_, picture->data()));
    picture->set_asset(AssetName(blob.digest));
    pins.push_back(std::move(blob.pin));
  }
  return pins;
}

}  // namespace atelier::server
