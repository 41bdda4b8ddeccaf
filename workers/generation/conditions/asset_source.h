// AssetSource: the bytes of a picture that a job names. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <stop_token>
#include <string>

#include "atelier/v1/picture.pb.h"
#include "base/result.h"

namespace atelier::generation {

/// Under which right a picture is fetched: a job and the token of its lease. Empty in direct calls,
/// which bring their pictures by value.
struct LeaseOfJob {
  std::string job;
  std::string token;
};

class AssetSource {
 public:
  virtual ~AssetSource() = default;
  /// The file behind `assets/{sha256}`, which the job's spec names. NOT_FOUND; ABORTED
  /// (LEASE_LOST); DATA_LOSS when its bytes are not the name's.
  virtual Result<std::string> Fetch(const std::string& asset, const LeaseOfJob& lease,
                                    std::stop_token stop) = 0;
};

/// Fetches from the server's WorkerAssetService.
std::unique_ptr<AssetSource> MakeAssetClient(const std::shared_ptr<grpc::ChannelInterface>& server);

/// 64 hex digits of the picture's content, without fetching it.
std::string ContentKey(const v1::Picture& picture);

}  // namespace atelier::generation
