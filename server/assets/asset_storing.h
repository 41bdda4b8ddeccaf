// StoreAsset: a tenant's picture, from whichever call it comes: the blob and the row that says
// whose it is.
#pragma once

#include <string>
#include <string_view>

#include "server/blobs/blob_store.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// Stores `bytes` for `tenant` and holds them; blob and row are on disk when this returns. Errors:
/// BlobStore::Put()'s and the store's; nothing is kept of a failed call.
Result<HeldBlob> StoreAsset(std::string_view bytes, const std::string& tenant,
                            BlobStore::Origin origin, BlobStore& blobs, JobQueue& queue);

}  // namespace atelier::server
