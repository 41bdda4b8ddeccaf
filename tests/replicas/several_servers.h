// Several atelier-server processes over one PostgreSQL, reached one by one or as one service.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "atelier/v1/dispatch.grpc.pb.h"
#include "atelier/v1/job.grpc.pb.h"
#include "integration/process.h"
#include "support/temp_dir.h"

namespace atelier::testing {

class SeveralServers {
 public:
  /// REQUIREs that `count` servers start, one after the other.
  SeveralServers(int count, int lease_seconds);

  /// Starts it again after its process ended.
  void Start(int server);
  /// The same, without a word about whether it gets ready.
  Process& Launch(int server);
  Process& server(int index) { return *servers_.at(static_cast<size_t>(index)); }

  /// Services of all of them, `first` first: one that is away is passed over.
  std::unique_ptr<v1::JobService::Stub> Jobs(int first) const;
  std::unique_ptr<v1::DispatchService::Stub> Dispatch(int first) const;
  /// What workers send as `authorization`.
  static std::string WorkerAuthorization() { return "Bearer " + std::string(64, 's'); }

  const std::string& database() const { return database_; }

 private:
  const int lease_seconds_;
  const TempDir dir_;
  const std::string database_;
  std::vector<int> ports_, dispatch_ports_;
  std::vector<std::unique_ptr<Process>> servers_;
  int starts_ = 0;
};

}  // namespace atelier::testing
