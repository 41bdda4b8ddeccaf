#include "server/assets/blob_collector.h"

#include <spdlog/spdlog.h>

#include "server/assets/asset_deletion.h"
#include "server/assets/asset_names.h"

namespace atelier::server {
namespace {

constexpr int kPageSize = 500;

}  // namespace

Status BlobCollector::SizeAssets() {
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> unsized,
                             jobs_.ListUnsizedAssets(kPageSize));
    for (const std::string& digest : unsized) {
      const Result<BlobInfo> info = blobs_.Stat(digest);
      if (info) {
        ATELIER_RETURN_IF_ERROR(jobs_.SetAssetBytes(digest, info->size_bytes));
      } else if (info.error().code == Code::kNotFound) {
        ForgetOwnersOfGone(digest, jobs_, blobs_);
      } else {
        return Propagate(info.error());
      }
    }
    // One that is being stored right now may stay unsized: the next round has it.
    if (unsized.size() < kPageSize) return {};
  }
}

Result<BlobStore::Swept> BlobCollector::Collect() {
  ATELIER_RETURN_IF_ERROR(SizeAssets());
  ATELIER_ASSIGN_OR_RETURN(const NamedAssets named, FindNamedAssets(jobs_));
  ATELIER_ASSIGN_OR_RETURN(const BlobStore::Swept swept,
                           blobs_.Sweep(named.digests, options_.unused_for));
  for (const std::string& digest : swept.digests) ForgetOwnersOfGone(digest, jobs_, blobs_);
  metrics_.collected_blobs.Increment(static_cast<double>(swept.blobs));
  metrics_.blob_bytes.Set(static_cast<double>(blobs_.bytes()));
  if (swept.blobs > 0) {
    spdlog::info("blobs={} bytes={} collected, {} named by jobs stay", swept.blobs, swept.bytes,
                 named.digests.size());
  }
  return swept;
}

}  // namespace atelier::server
