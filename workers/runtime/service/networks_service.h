// NetworksService: which networks a process answers with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "atelier/v1/networks.grpc.pb.h"
#include "base/result.h"
#include "runtime/service/loaded.h"

namespace atelier::runtime {

/// GetNetworksResponse.identity: SHA-256 over this program's version, `settings` and the contents
/// of `files` in their order. A file that is not there is passed over: it then is not what answers.
/// UNAVAILABLE (FILE_NOT_READ).
Result<std::string> NetworksIdentity(const std::vector<std::filesystem::path>& files,
                                     const std::string& settings);

/// Thread-safe.
class NetworksServiceImpl : public v1::NetworksService::Service {
 public:
  /// Answers from now on. Call once.
  void Serve(std::string identity) {
    identity_ = std::move(identity);
    loaded_.Set(identity_);
  }
  /// Answers UNAVAILABLE from now on.
  void Drain() { draining_.store(true); }

  grpc::Status GetNetworks(grpc::ServerContext* context, const v1::GetNetworksRequest* request,
                           v1::GetNetworksResponse* response) override;

 private:
  std::string identity_;
  Loaded<std::string> loaded_;
  std::atomic<bool> draining_ = false;
};

}  // namespace atelier::runtime
