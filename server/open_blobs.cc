#include "server/open_blobs.h"

#include <utility>

#include "server/blobs/folder/folder_blob_store.h"
#include "server/blobs/s3/s3_blob_store.h"

namespace atelier::server {
namespace {

constexpr int64_t kMiB = 1 << 20;

S3BlobStore::Options S3Options(const config::v1::ServerConfig& config) {
  S3BlobStore::Options options;
  options.client.endpoint = config.s3_endpoint();
  options.client.bucket = config.s3_bucket();
  options.client.region = config.s3_region();
  options.client.path_style = config.s3_path_style();
  options.client.credentials_file = config.s3_credentials_file();
  options.client.transport.ca_file = config.s3_ca_file();
  options.prefix = config.s3_prefix();
  if (!options.prefix.empty() && !options.prefix.ends_with('/')) options.prefix += '/';
  return options;
}

}  // namespace

Result<std::unique_ptr<BlobStore>> OpenBlobs(const config::v1::ServerConfig& config,
                                             BlobIndex& index, OnStorageFailure on_failure) {
  const int64_t max_bytes = config.storage_mib() * kMiB;
  if (config.s3_bucket().empty() && !config.s3_endpoint().empty())
    return InvalidField("s3_bucket", "given with s3_endpoint", "none");
  if (config.s3_bucket().empty())
    return FolderBlobStore::Open(config.data() + "/blobs", {max_bytes, std::move(on_failure)});
  S3BlobStore::Options options = S3Options(config);
  options.max_bytes = max_bytes;
  options.on_failure = std::move(on_failure);
  return S3BlobStore::Open(std::move(options), index);
}

}  // namespace atelier::server
