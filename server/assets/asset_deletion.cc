#include "server/assets/asset_deletion.h"

#include <spdlog/spdlog.h>

#include <limits>
#include <optional>

namespace atelier::server {
namespace {

constexpr int kPageSize = 500;

Unexpected InUse(const std::string& name, const std::string& by) {
  Error error{Code::kFailedPrecondition, "ASSET_IN_USE", name + " is named by " + by, "name"};
  return Unexpected(std::move(error));
}

// ASSET_IN_USE while somebody may be about to name it in a job.
Status BeginDeletion(const std::string& name, const std::string& digest, BlobStore& blobs) {
  ATELIER_ASSIGN_OR_RETURN(const bool begun, blobs.pins().BeginDeletion(digest));
  if (begun) return {};
  return InUse(name, "a call that is under way; try again");
}

// The same for what may as well stay.
bool CanBeginDeletion(const std::string& digest, BlobStore& blobs) {
  const Result<bool> begun = blobs.pins().BeginDeletion(digest);
  if (!begun) spdlog::warn("cannot delete {}: {}", digest, begun.error().message);
  return begun.value_or(false);
}

// A store that is away says nothing of the picture.
bool IsGone(const Result<BlobInfo>& info) { return !info && info.error().code == Code::kNotFound; }

// A serialised message holds its texts as they are, and nothing else of 71 characters looks like
// an asset's name.
bool Names(const JobRecord& job, const std::string& asset) {
  return job.spec.find(asset) != std::string::npos || job.outcome.find(asset) != std::string::npos;
}

// Among the jobs that pass `filter`.
Result<std::optional<std::string>> FindJobNaming(const std::string& asset, JobStore& jobs,
                                                 const JobFilter& filter = {},
                                                 int64_t after_sequence = 0) {
  int64_t before = std::numeric_limits<int64_t>::max();
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> page,
                             jobs.List(kPageSize, before, filter));
    for (const JobRecord& job : page) {
      if (job.sequence <= after_sequence) return std::optional<std::string>();
      if (Names(job, asset)) return std::optional<std::string>(job.id);
    }
    if (page.size() < kPageSize) return std::optional<std::string>();
    before = page.back().sequence;
  }
}

}  // namespace

Status DeleteAsset(const std::string& name, JobStore& jobs, BlobStore& blobs) {
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(name));
  ATELIER_RETURN_IF_ERROR(blobs.Stat(digest));
  ATELIER_RETURN_IF_ERROR(BeginDeletion(name, digest, blobs));
  const auto remove = [&]() -> Status {
    // From here on no job can begin to name it.
    ATELIER_ASSIGN_OR_RETURN(const std::optional<std::string> job, FindJobNaming(name, jobs));
    if (job) return InUse(name, "jobs/" + *job + ", which must be deleted first");
    ATELIER_RETURN_IF_ERROR(blobs.Remove(digest));
    return jobs.RemoveAssetOwners(digest);
  };
  Status removed = remove();
  blobs.pins().EndDeletion(digest);
  return removed;
}

Status DeleteAssetOf(const std::string& name, const std::string& tenant, JobStore& jobs,
                     BlobStore& blobs) {
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(name));
  ATELIER_RETURN_IF_ERROR(BeginDeletion(name, digest, blobs));
  const auto remove = [&]() -> Status {
    ATELIER_ASSIGN_OR_RETURN(const std::optional<std::string> own,
                             FindJobNaming(name, jobs, {.tenant = tenant}));
    if (own) return InUse(name, "jobs/" + *own + ", which must be deleted first");
    ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> owners, jobs.ListAssetOwners(digest));
    if (owners.size() > 1) return jobs.RemoveAssetOwner(digest, tenant);
    ATELIER_ASSIGN_OR_RETURN(const std::optional<std::string> other, FindJobNaming(name, jobs));
    if (other) return jobs.RemoveAssetOwner(digest, tenant);
    ATELIER_RETURN_IF_ERROR(blobs.Remove(digest));
    return jobs.RemoveAssetOwners(digest);
  };
  Status removed = remove();
  blobs.pins().EndDeletion(digest);
  return removed;
}

Result<int64_t> DeleteUnowned(const std::string& digest, int64_t newest, JobStore& jobs,
                              BlobStore& blobs) {
  ATELIER_ASSIGN_OR_RETURN(const bool begun, blobs.pins().BeginDeletion(digest));
  if (!begun) return 0;
  const auto remove = [&]() -> Result<int64_t> {
    const Result<BlobInfo> info = blobs.Stat(digest);
    if (IsGone(info)) return 0;
    if (!info) return Propagate(info.error());
    ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> owners, jobs.ListAssetOwners(digest));
    ATELIER_ASSIGN_OR_RETURN(const std::optional<std::string> job,
                             FindJobNaming(AssetName(digest), jobs, {}, newest));
    if (!owners.empty() || job) return 0;
    ATELIER_RETURN_IF_ERROR(blobs.Remove(digest));
    return info->size_bytes;
  };
  Result<int64_t> removed = remove();
  blobs.pins().EndDeletion(digest);
  return removed;
}

void TakeBackAsset(const std::string& digest, const BlobUse& use, JobStore& jobs,
                   BlobStore& blobs) {
  // Whoever stores or names it holds it from before its use is noted.
  if (!use.created || !CanBeginDeletion(digest, blobs)) return;
  const bool gone = blobs.TakeBack(digest, use);
  const Status removed = gone ? jobs.RemoveAssetOwners(digest) : Status();
  blobs.pins().EndDeletion(digest);
  if (removed) return;
  spdlog::error("cannot forget the owners of {}: {}", digest, removed.error().message);
}

void ForgetOwnersOfGone(const std::string& digest, JobStore& jobs, BlobStore& blobs) {
  // Whoever stores it holds it from before its row is written.
  if (!CanBeginDeletion(digest, blobs)) return;
  const bool gone = IsGone(blobs.Stat(digest));
  const Status removed = gone ? jobs.RemoveAssetOwners(digest) : Status();
  blobs.pins().EndDeletion(digest);
  if (!removed) {
    spdlog::error("cannot forget the owners of {}: {}", digest, removed.error().message);
  }
}

void RemoveUnowned(const std::string& digest, JobStore& jobs, BlobStore& blobs) {
  const Result<std::vector<AssetOwner>> owners = jobs.ListAssetOwners(digest);
  if (owners && !owners->empty()) return;
  const Status removed =
      owners ? DeleteAsset(AssetName(digest), jobs, blobs) : Status(Propagate(owners.error()));
  if (removed || removed.error().code == Code::kNotFound) return;
  spdlog::error("cannot remove {}: {}", digest, removed.error().message);
}

}  // namespace atelier::server
