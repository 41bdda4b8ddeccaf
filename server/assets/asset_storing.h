// StoreAsset: a tenant's picture, from whichever call it comes: the blob and the row that says
// whose it is.
#pragma once

#include <string>
#include <string_view>

#include "server/blobs/blob_store.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// Stores `picture` for `tenant` and holds it; blob and row are on disk when this returns. A
/// client's picture is stored without its metadata (RemovePictureMetadata()), so that the digest,
/// that of the stored bytes, may be another one than that of `picture`. Errors: BlobStore::Put()'s,
/// the store's, and TenantRoom's of a client's picture that the tenant does not have yet; nothing
/// is kept of a failed call. REQUIRES: CheckPictureWhole() took `picture`.
Result<HeldBlob> StoreAsset(std::string_view picture, const std::string& tenant,
                            BlobStore::Origin origin, BlobStore& blobs, JobQueue& queue);

}  // namespace atelier::server
