// Admission: from a client's request to a queued job.
//
// It checks the whole spec, then stores its pictures, fills in defaults and a seed, and queues it.
// A refused request leaves nothing behind. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "server/admission/job_kinds.h"
#include "server/blobs/blob_store.h"
#include "server/dispatch/worker_registry.h"
#include "server/jobs/job_queue.h"
#include "server/moderation/moderator.h"

namespace atelier::server {

/// One submit, as it came.
struct SubmitRequest {
  v1::JobSpec spec;
  std::string request_id;
  std::string tenant = kDefaultTenant;
  /// Whether its pictures may be assets of other tenants.
  bool every_tenant = false;
  /// W3C traceparent of the call; may be empty.
  std::string traceparent;
  /// Path of the kind's spec in the client's message, for errors; empty: `terms_prefix` and the
  /// kind's field, "spec.synthesis".
  std::string field_prefix = {};
  /// What stands in the client's message before `priority`, `queue_ttl` and `strict`, for errors.
  std::string terms_prefix = "spec.";
};

class Admission {
 public:
  struct Options {
    /// What an empty `model` means, `models/{model}`.
    std::string default_model = "models/atelier-mini";
    /// What may be submitted.
    std::shared_ptr<const JobKinds> kinds = BuiltInKinds();
    /// Who is asked before a job is queued; null: nobody.
    std::shared_ptr<const Moderator> moderator = nullptr;
  };

  /// References must outlive it.
  Admission(JobQueue& queue, BlobStore& blobs, WorkerRegistry& workers, Options options);

  /// Errors: those of JobService.SubmitJob, and the moderator's.
  Result<JobRecord> Submit(const SubmitRequest& request);

  const JobKinds& kinds() const { return *options_.kinds; }

 private:
  Result<std::optional<JobRecord>> FindOlder(const SubmitRequest& request, const std::string& hash);
  // Whether jobs may wait for a model that no worker ever told of.
  Status CheckUnknownModel(const std::string& model, const std::string& field);
  // Whether the operator's rules allow `spec`, which is whole but for its stored pictures.
  Status Review(const JobKind& kind, const v1::JobSpec& spec, const std::string& tenant);
  // Puts assets in place of bytes and adds what must be held until the job is stored to `held`.
  Status StorePictures(const std::vector<v1::Picture*>& pictures, const std::string& tenant,
                       std::vector<HeldBlob>& held);
  // Removes the pictures that were stored for a job that is not queued after all.
  void TakeBack(std::vector<HeldBlob> held);

  JobQueue& queue_;
  BlobStore& blobs_;
  WorkerRegistry& workers_;
  const Options options_;
};

}  // namespace atelier::server
