// Pictures: an S3 server (SeaweedFS) of the program's own, with a proxy in front of it through
// which the servers reach it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "chaos/stores/fault_proxy.h"
#include "server/blobs/s3/s3_blob_store.h"
#include "stores/seaweed_process.h"

namespace atelier::chaos {

class Pictures {
 public:
  /// Starts it when it is first asked for, in some seconds. FAILED_PRECONDITION / NO_S3.
  static Result<Pictures*> Get();

  /// A prefix that nobody used, from now on, and no faults.
  void Refresh();

  /// The settings of a server.
  std::vector<std::string> Flags() const;
  /// For a store in this process.
  server::S3BlobStore::Options Options() const;
  FaultProxy& proxy() { return proxy_; }
  void Kill() { process_.Kill(); }
  Status Start();

 private:
  explicit Pictures(std::unique_ptr<testing::SeaweedProcess> process)
      : process_owner_(std::move(process)),
        process_(*process_owner_),
        proxy_({.port = 0}, {.port = process_.port()}) {}

  const std::unique_ptr<testing::SeaweedProcess> process_owner_;
  testing::SeaweedProcess& process_;
  FaultProxy proxy_;
  int prefixes_ = 0;
};

}  // namespace atelier::chaos
