// TenantPurge: the removal of all that is one tenant's.
//
// Its tokens go first, so that nothing new comes with them; then its jobs end, wherever they are,
// and are forgotten; then its pictures. What others stored too, or what a job of theirs names,
// stays. What it used is kept for bills. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/access/token_table.h"
#include "server/blobs/blob_store.h"
#include "server/dispatch/dispatcher.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// What was removed.
struct Purged {
  int64_t jobs = 0;
  /// Of those, the ones that were queued or running.
  int64_t ended_jobs = 0;
  int64_t assets = 0;
  /// Files of those that nobody else needs, and their bytes.
  int64_t deleted_files = 0;
  int64_t deleted_bytes = 0;
  int64_t tokens = 0;
};

class TenantPurge {
 public:
  /// References must outlive it.
  TenantPurge(TokenTable& tokens, JobQueue& queue, Dispatcher& dispatcher, BlobStore& blobs)
      : tokens_(tokens), queue_(queue), dispatcher_(dispatcher), blobs_(blobs) {}

  /// Removes what is the tenant's. Reads every kept job once. A failure of the disk ends it; what
  /// was removed before stays removed, and the next call goes on.
  Result<Purged> Run(const std::string& tenant);

 private:
  Status EndJobs(const std::string& tenant, Purged& purged);
  Status RemoveJobs(const std::string& tenant, Purged& purged);
  // Returns the pictures that have no owner any more.
  Result<std::vector<std::string>> RemoveAssets(const std::string& tenant, Purged& purged);
  Status RemoveFiles(const std::vector<std::string>& digests, Purged& purged);

  TokenTable& tokens_;
  JobQueue& queue_;
  Dispatcher& dispatcher_;
  BlobStore& blobs_;
};

}  // namespace atelier::server
