// Whether the IUV pictures of a job are files that a worker can paint from: its pixels are read
// here, so that a file of another kind is refused with what it likely is, and not after it waited.
#pragma once

#include <string>

#include "atelier/v1/job.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "server/blobs/blob_store.h"

namespace atelier::server {

/// `prefix` is the path of `spec` in the request. INVALID_ARGUMENT naming the field of a picture
/// that is no IUV picture (picture/iuv_pixels.h), or of a source_iuv that is not of the source's
/// size. REQUIRES: the pictures of `spec` passed CheckPng().
Status CheckIuvFiles(const v1::SynthesisSpec& spec, const std::string& prefix, BlobReader& blobs);
Status CheckIuvFiles(const v1::EditSpec& spec, const std::string& prefix, BlobReader& blobs);
Status CheckIuvFiles(const v1::SequenceSpec& spec, const std::string& prefix, BlobReader& blobs);

}  // namespace atelier::server
