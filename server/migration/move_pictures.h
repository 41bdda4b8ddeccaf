// Copies the pictures of a stopped server from one store into another: a folder, or S3.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "server/blobs/blob_store.h"

namespace atelier::server {

struct MovedPictures {
  int64_t pictures = 0;
  int64_t bytes = 0;
  /// Those that the other store had already: a run that was ended goes on where it was.
  int64_t present = 0;
  /// Those whose bytes are not what their name says, or gone; they are left out.
  int64_t damaged = 0;
  /// One of them.
  std::string damaged_digest = {};
};

/// Copies every picture of `from` into `to` over any quota, `threads` at a time, about the oldest
/// first, so that lists keep their order. They count as stored and used now. `from` is left as it
/// is. Ends at the first error of either store beside damaged pictures; what was copied until then
/// stays.
Result<MovedPictures> MovePictures(BlobStore& from, BlobStore& to, int threads);

}  // namespace atelier::server
