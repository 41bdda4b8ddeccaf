#include "server/api/asset_service.h"

#include <charconv>

#include "rpc/known_fields.h"
#include "server/api/chunks.h"
#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/assets/asset_deletion.h"
#include "server/assets/asset_storing.h"
#include "server/assets/stored_picture.h"

namespace atelier::server {
namespace {

// A page token is "before-", the time and the digest of the asset that ended the page before.
constexpr std::string_view kTokenPrefix = "before-";

std::string PageTokenAfter(const BlobPlace& place) {
  return std::string(kTokenPrefix) + std::to_string(place.create_ns) + "-" + place.digest;
}

Result<BlobPlace> ParsePageToken(const std::string& token) {
  if (token.empty()) return BlobPlace();
  const std::string text = IdOf(token, kTokenPrefix);
  const size_t dash = text.find('-');
  BlobPlace place;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), place.create_ns);
  if (error != std::errc() || dash == std::string::npos || end != text.data() + dash) {
    return BadPageToken(token);
  }
  const auto digest = DigestOfAsset(AssetName(text.substr(dash + 1)));
  if (!digest) return BadPageToken(token);
  place.digest = *digest;
  return place;
}

Result<std::string> ReadUpload(grpc::ServerReader<v1::UploadAssetRequest>* reader) {
  std::string bytes;
  v1::UploadAssetRequest message;
  while (reader->Read(&message)) {
    ATELIER_RETURN_IF_ERROR(rpc::CheckKnownFields(message));
    ATELIER_RETURN_IF_ERROR(CheckChunk(message.chunk()));
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
    ATELIER_ASSIGN_OR_RETURN(const std::string tenant, TenantOf(*context));
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadUpload(reader));
    // A stream that broke off also ends Read(): what came so far is not the picture.
    ATELIER_RETURN_IF_ERROR(CallerIsThere(*context));
    ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const PictureHeader header,
                             ReadPictureHeader(bytes, "chunk"));
    ATELIER_RETURN_IF_ERROR(CheckPictureWhole(bytes, "chunk"));
    ATELIER_ASSIGN_OR_RETURN(const HeldBlob blob,
                             StoreAsset(bytes, tenant, BlobStore::Origin::kClient, blobs_, queue_));
    return Describe(AssetName(blob.digest));
  };
  Result<v1::Asset> asset = upload();
  if (!asset) return Reply(asset.error());
  *response = *std::move(asset);
  return grpc::Status::OK;
}

grpc::Status AssetServiceImpl::DownloadAsset(
    grpc::ServerContext*, const v1::DownloadAssetRequest* request,
    grpc::ServerWriter<v1::DownloadAssetResponse>* writer) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  const Result<std::string> digest = DigestOfShown(request->name());
  if (!digest) return Reply(digest.error());
  const Result<std::string> bytes = blobs_.Get(*digest);
  if (!bytes) return Reply(bytes.error());
  SendChunks<v1::DownloadAssetResponse>(*bytes, *writer);
  return grpc::Status::OK;
}

grpc::Status AssetServiceImpl::GetAsset(grpc::ServerContext*, const v1::GetAssetRequest* request,
                                        v1::Asset* response) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  Result<v1::Asset> asset = Describe(request->name());
  if (!asset) return Reply(asset.error());
  *response = *std::move(asset);
  return grpc::Status::OK;
}

grpc::Status AssetServiceImpl::ListAssets(grpc::ServerContext*,
                                          const v1::ListAssetsRequest* request,
                                          v1::ListAssetsResponse* response) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  return Reply(List(*request, *response));
}

Status AssetServiceImpl::List(const v1::ListAssetsRequest& request,
                              v1::ListAssetsResponse& response) {
  ATELIER_ASSIGN_OR_RETURN(const int size, PageSize(request));
  ATELIER_ASSIGN_OR_RETURN(const BlobPlace after, ParsePageToken(request.page_token()));
  // One more than the page: whether there is a next one.
  std::vector<BlobPlace> places = blobs_.List(size + 1, after);
  if (static_cast<int>(places.size()) > size) {
    places.pop_back();
    response.set_next_page_token(PageTokenAfter(places.back()));
  }
  for (const BlobPlace& place : places) {
    Result<v1::Asset> asset = Describe(AssetName(place.digest));
    // Deleted meanwhile.
    if (!asset && asset.error().code == Code::kNotFound) continue;
    if (!asset) return Propagate(asset.error());
    *response.add_assets() = *std::move(asset);
  }
  return {};
}

grpc::Status AssetServiceImpl::DeleteAsset(grpc::ServerContext*,
                                           const v1::DeleteAssetRequest* request,
                                           v1::DeleteAssetResponse*) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  if (const auto digest = DigestOfShown(request->name()); !digest) return Reply(digest.error());
  return Reply(server::DeleteAsset(request->name(), queue_.store(), blobs_));
}

Result<std::string> AssetServiceImpl::DigestOfShown(const std::string& name) {
  ATELIER_ASSIGN_OR_RETURN(std::string digest, DigestOfAsset(name));
  if (shown_ == Shown::kAll) return digest;
  ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> owners,
                           queue_.store().ListAssetOwners(digest));
  if (owners.empty()) return AssetNotFound(name);
  return digest;
}

Result<v1::Asset> AssetServiceImpl::Describe(const std::string& name) {
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfShown(name));
  ATELIER_ASSIGN_OR_RETURN(const BlobInfo info, blobs_.Stat(digest));
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadStoredHeader(digest, "name", blobs_));
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
