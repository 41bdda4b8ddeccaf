// The one place that knows which kinds of stores of pictures there are.
#pragma once

#include <memory>

#include "atelier/config/v1/server.pb.h"
#include "server/blobs/blob_store.h"
#include "server/storage/storage_failure.h"
#include "server/store/blob_index.h"

namespace atelier::server {

/// Opens the store in S3 when a bucket is set, which keeps its rows in `index`; else the folder
/// `blobs` of the data folder. What it may fail with beside the disk: S3BlobStore::Open()'s.
/// `index` must outlive the store.
Result<std::unique_ptr<BlobStore>> OpenBlobs(const config::v1::ServerConfig& config,
                                             BlobIndex& index, OnStorageFailure on_failure);

}  // namespace atelier::server
