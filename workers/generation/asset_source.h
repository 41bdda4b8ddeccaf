// AssetSource: the bytes of a picture that a job names. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <stop_token>
#include <string>

#include "atelier/v1/picture.pb.h"
#include "base/result.h"

namespace atelier::generation {

class AssetSource {
 public:
  virtual ~AssetSource() = default;
  /// The file behind `assets/{sha256}`. NOT_FOUND; DATA_LOSS when its bytes are not the name's.
  virtual Result<std::string> Fetch(const std::string& asset, std::stop_token stop) = 0;
};

/// Downloads from the server's AssetService.
std::unique_ptr<AssetSource> MakeAssetClient(const std::shared_ptr<grpc::ChannelInterface>& server);

/// 64 hex digits of the picture's content, without fetching it.
std::string ContentKey(const v1::Picture& picture);

}  // namespace atelier::generation
