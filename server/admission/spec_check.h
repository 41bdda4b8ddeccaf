// SpecCheck: the rules that every kind of job shares, decided before anything is stored.
#pragma once

#include <optional>
#include <string>

#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"
#include "atelier/v1/picture.pb.h"
#include "picture/film/film_header.h"
#include "picture/picture_header.h"
#include "server/blobs/blob_store.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// Checks every rule of the picture's comment in picture.proto. INVALID_ARGUMENT naming `field`, or
/// NOT_FOUND for an asset that is not there.
Status CheckPicture(const v1::Picture& picture, const std::string& field, BlobReader& blobs);

/// What the bytes of a picture say of it, an asset's included. Errors as CheckPicture()'s.
Result<PictureHeader> HeaderOf(const v1::Picture& picture, const std::string& field,
                               BlobReader& blobs);

/// The same of a picture that must be a PNG, an asset's bytes included.
Status CheckPng(const v1::Picture& picture, const std::string& field, BlobReader& blobs);

/// What the bytes of a film say of it, an asset's included. INVALID_ARGUMENT naming `field` when it
/// is none, or breaks a limit that its header tells; NOT_FOUND for an asset that is not there.
Result<FilmHeader> FilmHeaderOf(const v1::Picture& film, const std::string& field,
                                BlobReader& blobs);

/// Of a model whose schedulers are known: `scheduler` is empty or one of them.
Status CheckScheduler(const std::string& scheduler, const std::string& field,
                      const std::optional<v1::Model>& model);
/// Whether the model, where it is known, reads keypoints and no IUV.
bool ReadsKeypoints(const std::optional<v1::Model>& model);

/// On which terms a job of `spec` waits. INVALID_ARGUMENT naming `prefix` + "priority" or
/// "queue_ttl".
Result<QueueTerms> TermsOf(const v1::JobSpec& spec, const std::string& prefix);

/// Within the limits of SubmitJobRequest.request_id.
Status CheckRequestId(const std::string& request_id);

}  // namespace atelier::server
