#include "generation/conditions/asset_source.h"

#include "atelier/v1/worker_asset.grpc.pb.h"
#include "digest/sha256.h"
#include "picture/picture_header.h"
#include "rpc/status.h"

namespace atelier::generation {
namespace {

constexpr std::string_view kAssetPrefix = "assets/";
constexpr std::chrono::seconds kDeadline{30};

class AssetClient : public AssetSource {
 public:
  explicit AssetClient(const std::shared_ptr<grpc::ChannelInterface>& server)
      : stub_(v1::WorkerAssetService::NewStub(server)) {}

  Result<std::string> Fetch(const std::string& asset, const LeaseOfJob& lease,
                            std::stop_token stop) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
    v1::FetchAssetRequest request;
    request.set_job(lease.job);
    request.set_lease(lease.token);
    request.set_asset(asset);
    const auto reader = stub_->FetchAsset(&context, request);
    std::string bytes;
    v1::FetchAssetResponse response;
    while (reader->Read(&response)) {
      bytes += response.chunk();
      if (static_cast<int64_t>(bytes.size()) > kMaxPictureBytes) context.TryCancel();
    }
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return tl::unexpected(rpc::FromGrpc(status, "the server").WithContext(asset));
    if (std::string(kAssetPrefix) + Sha256Hex(bytes) != asset) {
      return MakeError(Code::kDataLoss, "ASSET_DAMAGED", asset + " has other bytes than its name");
    }
    return bytes;
  }

 private:
  const std::unique_ptr<v1::WorkerAssetService::Stub> stub_;
};

}  // namespace

std::unique_ptr<AssetSource> MakeAssetClient(
    const std::shared_ptr<grpc::ChannelInterface>& server) {
  return std::make_unique<AssetClient>(server);
}

std::string ContentKey(const v1::Picture& picture) {
  if (picture.content_case() == v1::Picture::kAsset && picture.asset().starts_with(kAssetPrefix)) {
    return picture.asset().substr(kAssetPrefix.size());
  }
  return Sha256Hex(picture.data());
}

}  // namespace atelier::generation
