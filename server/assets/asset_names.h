// Which assets a message names.
#pragma once

#include <google/protobuf/message.h>

#include "server/blobs/blob_store.h"
#include "server/store/job_store.h"

namespace atelier::server {

/// Adds the digest of every asset that `message` names, whichever field of whichever kind of spec
/// it stands in, so that a new kind of job cannot be forgotten.
void AddAssetNames(const google::protobuf::Message& message, BlobStore::Digests& named);

/// The assets that kept jobs name.
struct NamedAssets {
  BlobStore::Digests digests;
  /// The sequence of the newest job that was looked at; 0: there was none.
  int64_t newest = 0;
};

/// Reads every kept job, page by page. DATA_LOSS when one does not parse.
Result<NamedAssets> FindNamedAssets(JobStore& jobs);

}  // namespace atelier::server
