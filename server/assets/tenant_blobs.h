// TenantBlobs: the stored pictures as one tenant sees them. Those of others are not there.
#pragma once

#include <string>

#include "server/blobs/blob_store.h"
#include "server/store/job_store.h"

namespace atelier::server {

/// Whose pictures are seen.
struct AssetView {
  std::string tenant;
  /// Those of every tenant, and those that are nobody's.
  bool every_tenant = false;
};

/// Thread-safe.
class TenantBlobs final : public BlobReader {
 public:
  /// References must outlive it.
  TenantBlobs(BlobReader& blobs, JobStore& jobs, AssetView view)
      : blobs_(blobs), jobs_(jobs), view_(std::move(view)) {}

  Result<std::string> Get(std::string_view digest) override;
  Result<std::string> GetFirst(std::string_view digest, int64_t count) override;
  Result<BlobInfo> Stat(std::string_view digest) override;

 private:
  // NOT_FOUND / ASSET_NOT_FOUND for a picture that is not the tenant's.
  Status Check(std::string_view digest) const;

  BlobReader& blobs_;
  JobStore& jobs_;
  const AssetView view_;
};

}  // namespace atelier::server
