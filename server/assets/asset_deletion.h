// The end of a picture and of the rows that say whose it was.
#pragma once

#include <string>

#include "server/blobs/blob_store.h"
#include "server/store/job_store.h"

namespace atelier::server {

/// Removes `assets/{sha256}`. NOT_FOUND / ASSET_NOT_FOUND; FAILED_PRECONDITION / ASSET_IN_USE when
/// a kept job names it, or a submit or completion under way may. Reads every kept job, page by
/// page: submits of other pictures go on meanwhile.
Status DeleteAsset(const std::string& name, JobStore& jobs, BlobStore& blobs);

/// The same for one tenant: a picture that others stored too, or that their jobs name, stays for
/// them. ASSET_IN_USE when a kept job of the tenant names it. REQUIRES: it is the tenant's.
Status DeleteAssetOf(const std::string& name, const std::string& tenant, JobStore& jobs,
                     BlobStore& blobs);

/// Removes a picture that has no owner and that no job names which was queued after that of
/// sequence `newest`; what older ones name is for the caller to know. Returns its bytes; 0 when it
/// stayed.
Result<int64_t> DeleteUnowned(const std::string& digest, int64_t newest, JobStore& jobs,
                              BlobStore& blobs);

/// Removes a picture that `use` stored, with its owners, unless it was there before or somebody
/// used it since. A failure is logged: the picture is collected later. REQUIRES: the caller holds
/// it no more.
void TakeBackAsset(const std::string& digest, const BlobUse& use, JobStore& jobs, BlobStore& blobs);

/// Forgets who stored a picture whose blob is gone, unless somebody is storing it again right now.
/// A failure is logged: the rows say nothing of a picture that nobody has.
void ForgetOwnersOfGone(const std::string& digest, JobStore& jobs, BlobStore& blobs);

/// Removes a picture that is nobody's and that no kept job names. One that is gone, held or
/// somebody's stays as it is; a failure is logged: the picture is collected later.
void RemoveUnowned(const std::string& digest, JobStore& jobs, BlobStore& blobs);

}  // namespace atelier::server
