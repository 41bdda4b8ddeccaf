// BlobCollector: removes the pictures that no kept job names and that nobody used for a while.
//
// It reads the names of all kept jobs, queued, running and finished, page by page while the server
// serves, and then sweeps. What is stored meanwhile is safe: whoever names a picture in a job used
// it (BlobStore::Touch or Put) less than `unused_for` before the job was stored.
#pragma once

#include "server/blobs/blob_store.h"
#include "server/store/job_store.h"
#include "telemetry/metrics.h"

namespace atelier::server {

class BlobCollector {
 public:
  struct Options {
    /// How long an uploaded picture that no job names is kept from its last use. Must be longer
    /// than any submit or completion takes: minutes at least.
    std::chrono::milliseconds unused_for = std::chrono::hours(24);
  };

  /// References must outlive it.
  BlobCollector(JobStore& jobs, BlobStore& blobs, telemetry::Metrics& metrics, Options options)
      : jobs_(jobs), blobs_(blobs), metrics_(metrics), options_(options) {}

  /// One round. DATA_LOSS when a job does not parse: then nothing is removed.
  Result<BlobStore::Swept> Collect();

 private:
  // Tells the store the sizes of pictures that it has from before it kept them.
  Status SizeAssets();

  JobStore& jobs_;
  BlobStore& blobs_;
  telemetry::Metrics& metrics_;
  const Options options_;
};

}  // namespace atelier::server
