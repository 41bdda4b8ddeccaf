#include "server/api/asset_service.h"

#include "picture/picture_header.h"
#include "server/api/reply.h"

namespace atelier::server {
namespace {

constexpr size_t kMaxUploadChunkBytes = 1 << 20;
constexpr size_t kDownloadChunkBytes = 64 << 10;

Result<std::string> ReadUpload(grpc::ServerReader<v1::UploadAssetRequest>* reader) {
  std::string bytes;
  v1::UploadAssetRequest message;
  while (reader->Read(&message)) {
    if (message.chunk().size() > kMaxUploadChunkBytes) {
      return InvalidField("chunk", "at most 1048576 bytes",
                          std::to_string(message.chunk().size()) + " bytes");
    }
    bytes += message.chunk();
    // Ends an endless upload early; ReadPictureHeader words the rule.
    if (static_cast<int64_t>(bytes.size()) > kMaxPictureBytes) break;
  }
  return bytes;
}

}  // namespace

grpc::Status AssetServiceImpl::UploadAsset(grpc::ServerContext* context,
                                           grpc::ServerReader<v1::UploadAssetRequest>* reader,
                                           v1::Asset* response) {
  const auto upload = [&]() -> Result<v1::Asset> {
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadUpload(reader));
    // A stream that broke off also ends Read(): what came so far is not the picture.
    ATELIER_RETURN_IF_ERROR(CallerIsThere(*context));
    ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const PictureHeader header,
                             ReadPictureHeader(bytes, "chunk"));
    ATELIER_ASSIGN_OR_RETURN(const std::string digest, blobs_.Put(bytes));
    return Describe(AssetName(digest));
  };
  Result<v1::Asset> asset = upload();
  if (!asset) return Reply(asset.error());
  *response = *std::move(asset);
  return grpc::Status::OK;
}

grpc::Status AssetServiceImpl::DownloadAsset(
    grpc::ServerContext*, const v1::DownloadAssetRequest* request,
    grpc::ServerWriter<v1::DownloadAssetResponse>* writer) {
  const Result<std::string> digest = DigestOfAsset(request->name());
  if (!digest) return Reply(digest.error());
  const Result<std::string> bytes = blobs_.Get(*digest);
  if (!bytes) return Reply(bytes.error());
  v1::DownloadAssetResponse message;
  for (size_t at = 0; at < bytes->size(); at += kDownloadChunkBytes) {
    message.set_chunk(bytes->substr(at, kDownloadChunkBytes));
    if (!writer->Write(message)) break;  // The caller is gone.
  }
  return grpc::Status::OK;
}

grpc::Status AssetServiceImpl::GetAsset(grpc::ServerContext*, const v1::GetAssetRequest* request,
                                        v1::Asset* response) {
  Result<v1::Asset> asset = Describe(request->name());
  if (!asset) return Reply(asset.error());
  *response = *std::move(asset);
  return grpc::Status::OK;
}

Result<v1::Asset> AssetServiceImpl::Describe(const std::string& name) {
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(name));
  ATELIER_ASSIGN_OR_RETURN(const BlobInfo info, blobs_.Stat(digest));
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, blobs_.Get(digest));
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, "name"));
  v1::Asset asset;
  asset.set_name(name);
  asset.set_content_type(std::string(ContentTypeOf(header.format)));
  asset.set_size_bytes(info.size_bytes);
  asset.set_height(header.height);
  asset.set_width(header.width);
  asset.mutable_create_time()->set_seconds(std::chrono::system_clock::to_time_t(info.create_time));
  return asset;
}

}  // namespace atelier::server
