#include "server/administration/tenant_purge.h"

#include <spdlog/spdlog.h>

#include <limits>

#include "server/assets/asset_deletion.h"
#include "server/assets/asset_names.h"

namespace atelier::server {
namespace {

constexpr int kPageSize = 500;
constexpr int64_t kNewest = std::numeric_limits<int64_t>::max();

}  // namespace

Result<Purged> TenantPurge::Run(const std::string& tenant) {
  Purged purged;
  ATELIER_ASSIGN_OR_RETURN(purged.tokens, tokens_.RemoveOf(tenant));
  ATELIER_RETURN_IF_ERROR(EndJobs(tenant, purged));
  ATELIER_RETURN_IF_ERROR(RemoveJobs(tenant, purged));
  ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> unowned, RemoveAssets(tenant, purged));
  ATELIER_RETURN_IF_ERROR(RemoveFiles(unowned, purged));
  spdlog::info("tenant={} purged: jobs={} ended={} assets={} files={} bytes={} tokens={}", tenant,
               purged.jobs, purged.ended_jobs, purged.assets, purged.deleted_files,
               purged.deleted_bytes, purged.tokens);
  return purged;
}

Status TenantPurge::EndJobs(const std::string& tenant, Purged& purged) {
  JobFilter filter{.tenant = tenant};
  filter.states.Add(JobState::kQueued);
  filter.states.Add(JobState::kRunning);
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> page,
                             queue_.List(kPageSize, kNewest, filter));
    if (page.empty()) return {};
    for (const JobRecord& job : page) {
      const Result<JobRecord> ended = dispatcher_.Abort(job.id);
      // It ended by itself and was deleted meanwhile.
      if (!ended && ended.error().code == Code::kNotFound) continue;
      if (!ended) return Propagate(ended.error());
      ++purged.ended_jobs;
    }
  }
}

Status TenantPurge::RemoveJobs(const std::string& tenant, Purged& purged) {
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const int64_t some, queue_.store().PruneTenant(tenant, kPageSize));
    purged.jobs += some;
    if (some < kPageSize) return {};
  }
}

Result<std::vector<std::string>> TenantPurge::RemoveAssets(const std::string& tenant,
                                                           Purged& purged) {
  std::vector<std::string> unowned;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> page,
                             queue_.store().ListAssetsOf(tenant, kPageSize));
    if (page.empty()) return unowned;
    for (const AssetOwner& asset : page) {
      ATELIER_RETURN_IF_ERROR(queue_.store().RemoveAssetOwner(asset.digest, tenant));
      ++purged.assets;
      ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> others,
                               queue_.store().ListAssetOwners(asset.digest));
      if (others.empty()) unowned.push_back(asset.digest);
    }
  }
}

Status TenantPurge::RemoveFiles(const std::vector<std::string>& digests, Purged& purged) {
  if (digests.empty()) return {};
  ATELIER_ASSIGN_OR_RETURN(const NamedAssets named, FindNamedAssets(queue_.store()));
  for (const std::string& digest : digests) {
    if (named.digests.contains(digest)) continue;
    ATELIER_ASSIGN_OR_RETURN(const int64_t bytes,
                             DeleteUnowned(digest, named.newest, queue_.store(), blobs_));
    if (bytes == 0) continue;
    ++purged.deleted_files;
    purged.deleted_bytes += bytes;
  }
  return {};
}

}  // namespace atelier::server
