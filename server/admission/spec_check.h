// SpecCheck: whether a synthesis can run at all, decided before anything is stored.
#pragma once

#include <optional>
#include <string>

#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "server/blobs/blob_store.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// Checks every rule of the picture's comment in picture.proto. INVALID_ARGUMENT naming `field`, or
/// NOT_FOUND for an asset that is not there.
Status CheckPicture(const v1::Picture& picture, const std::string& field, BlobStore& blobs);

/// Checks every rule of SynthesisSpec but the model's name. `prefix` is the path of `spec` in the
/// request, e.g. "spec.synthesis". `model` is what is known of the model; nothing: any scheduler
/// goes.
Status CheckSynthesis(const v1::SynthesisSpec& spec, const std::string& prefix,
                      const std::optional<v1::Model>& model, BlobStore& blobs);

/// On which terms a job of `spec` waits. INVALID_ARGUMENT naming `prefix` + "priority" or
/// "queue_ttl".
Result<QueueTerms> TermsOf(const v1::JobSpec& spec, const std::string& prefix);

/// At most 128 characters of [A-Za-z0-9._-].
Status CheckRequestId(const std::string& request_id);

}  // namespace atelier::server
