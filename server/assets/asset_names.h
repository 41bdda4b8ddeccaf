// Which assets a message names.
#pragma once

#include <google/protobuf/message.h>

#include "server/blobs/blob_store.h"

namespace atelier::server {

/// Adds the digest of every asset that `message` names, whichever field of whichever kind of spec
/// it stands in, so that a new kind of job cannot be forgotten.
void AddAssetNames(const google::protobuf::Message& message, BlobStore::Digests& named);

}  // namespace atelier::server
