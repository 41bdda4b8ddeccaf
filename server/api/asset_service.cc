#include "server/api/asset_service.h"

#include <charconv>

#include "picture/film/film_header.h"
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

constexpr int64_t kNsPerMs = 1'000'000;
// By which a film is told from a picture.
constexpr int64_t kFilmMagicBytes = 16;

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

Result<std::string> ReadUpload(grpc::ServerReader<v1::UploadAssetRequest>* reader,
                               CallMemory::Hold& memory) {
  std::string bytes;
  v1::UploadAssetRequest message;
  while (reader->Read(&message)) {
    ATELIER_RETURN_IF_ERROR(rpc::CheckKnownFields(message));
    ATELIER_RETURN_IF_ERROR(CheckChunk(message.chunk()));
    ATELIER_RETURN_IF_ERROR(memory.Grow(static_cast<int64_t>(message.chunk().size())));
    bytes += message.chunk();
    // Ends an endless upload early; ReadPictureHeader words the rule.
    if (static_cast<int64_t>(bytes.size()) > kMaxPictureBytes) break;
  }
  return bytes;
}

Status CheckUpload(const std::string& bytes) {
  if (RecogniseFilm(bytes)) {
    ATELIER_RETURN_IF_ERROR(ReadFilmHeader(bytes, "chunk"));
    return {};
  }
  ATELIER_RETURN_IF_ERROR(ReadPictureHeader(bytes, "chunk"));
  return CheckPictureWhole(bytes, "chunk");
}

}  // namespace

grpc::Status AssetServiceImpl::UploadAsset(grpc::ServerContext* context,
                                           grpc::ServerReader<v1::UploadAssetRequest>* reader,
                                           v1::Asset* response) {
  if (grpc::Status status = callers_.Begin(*context); !status.ok()) return status;
  const auto upload = [&]() -> Result<v1::Asset> {
    ATELIER_ASSIGN_OR_RETURN(const CallSlots::Slot slot, streams_.Take());
    ATELIER_ASSIGN_OR_RETURN(const Caller caller, callers_.Of(*context));
    ATELIER_ASSIGN_OR_RETURN(CallMemory::Hold memory, memory_.Queue(0));
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadUpload(reader, memory));
    memory.Begin();
    // A stream that broke off also ends Read(): what came so far is not the picture.
    ATELIER_RETURN_IF_ERROR(CallerIsThere(*context));
    ATELIER_RETURN_IF_ERROR(CheckUpload(bytes));
    ATELIER_ASSIGN_OR_RETURN(
        const HeldBlob blob,
        StoreAsset(bytes, caller.tenant, BlobStore::Origin::kClient, blobs_, queue_));
    return Describe(AssetName(blob.digest), caller);
  };
  Result<v1::Asset> asset = upload();
  if (!asset) return Reply(asset.error());
  *response = *std::move(asset);
  return grpc::Status::OK;
}

grpc::Status AssetServiceImpl::DownloadAsset(
    grpc::ServerContext* context, const v1::DownloadAssetRequest* request,
    grpc::ServerWriter<v1::DownloadAssetResponse>* writer) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<CallSlots::Slot> slot = streams_.Take();
  if (!slot) return Reply(slot.error());
  const Result<std::string> bytes = Download(*context, request->name());
  if (!bytes) return Reply(bytes.error());
  SendChunks<v1::DownloadAssetResponse>(*bytes, *writer);
  return grpc::Status::OK;
}

Result<std::string> AssetServiceImpl::Download(const grpc::ServerContext& context,
                                               const std::string& name) {
  ATELIER_ASSIGN_OR_RETURN(const Caller caller, callers_.Of(context));
  ATELIER_ASSIGN_OR_RETURN(const Seen seen, Find(name, caller));
  return blobs_.Get(seen.digest);
}

grpc::Status AssetServiceImpl::GetAsset(grpc::ServerContext* context,
                                        const v1::GetAssetRequest* request, v1::Asset* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<Caller> caller = callers_.Of(*context);
  if (!caller) return Reply(caller.error());
  Result<v1::Asset> asset = Describe(request->name(), *caller);
  if (!asset) return Reply(asset.error());
  *response = *std::move(asset);
  return grpc::Status::OK;
}

grpc::Status AssetServiceImpl::ListAssets(grpc::ServerContext* context,
                                          const v1::ListAssetsRequest* request,
                                          v1::ListAssetsResponse* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<Caller> caller = callers_.Of(*context);
  if (!caller) return Reply(caller.error());
  return Reply(List(*request, *caller, *response));
}

Status AssetServiceImpl::List(const v1::ListAssetsRequest& request, const Caller& caller,
                              v1::ListAssetsResponse& response) {
  ATELIER_ASSIGN_OR_RETURN(const int size, PageSize(request));
  ATELIER_ASSIGN_OR_RETURN(const BlobPlace after, ParsePageToken(request.page_token()));
  ATELIER_ASSIGN_OR_RETURN(std::vector<BlobPlace> places, Places(size, after, caller));
  if (static_cast<int>(places.size()) > size) {
    places.pop_back();
    response.set_next_page_token(PageTokenAfter(places.back()));
  }
  for (const BlobPlace& place : places) {
    Result<v1::Asset> asset = Describe(AssetName(place.digest), caller);
    // Deleted meanwhile.
    if (!asset && asset.error().code == Code::kNotFound) continue;
    if (!asset) return Propagate(asset.error());
    *response.add_assets() = *std::move(asset);
  }
  return {};
}

Result<std::vector<BlobPlace>> AssetServiceImpl::Places(int size, const BlobPlace& after,
                                                        const Caller& caller) {
  // One more than the page: whether there is a next one.
  if (caller.every_tenant) return blobs_.List(size + 1, after);
  ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> owned,
                           queue_.store().ListAssetsOf(caller.tenant, size + 1,
                                                       {after.create_ns / kNsPerMs, after.digest}));
  std::vector<BlobPlace> places;
  for (const AssetOwner& owner : owned) {
    places.push_back({owner.create_time_ms * kNsPerMs, owner.digest});
  }
  return places;
}

grpc::Status AssetServiceImpl::DeleteAsset(grpc::ServerContext* context,
                                           const v1::DeleteAssetRequest* request,
                                           v1::DeleteAssetResponse*) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<Caller> caller = callers_.Of(*context);
  if (!caller) return Reply(caller.error());
  return Reply(Delete(request->name(), *caller));
}

Status AssetServiceImpl::Delete(const std::string& name, const Caller& caller) {
  ATELIER_RETURN_IF_ERROR(Find(name, caller));
  if (caller.every_tenant) return server::DeleteAsset(name, queue_.store(), blobs_);
  return DeleteAssetOf(name, caller.tenant, queue_.store(), blobs_);
}

Result<AssetServiceImpl::Seen> AssetServiceImpl::Find(const std::string& name,
                                                      const Caller& caller) {
  ATELIER_ASSIGN_OR_RETURN(std::string digest, DigestOfAsset(name));
  if (!caller.every_tenant) {
    ATELIER_ASSIGN_OR_RETURN(const std::optional<AssetOwner> owner,
                             queue_.store().FindAssetOwner(digest, caller.tenant));
    if (!owner) return AssetNotFound(name);
    return Seen{std::move(digest), owner->create_time_ms};
  }
  if (shown_ == Shown::kAll) return Seen{std::move(digest)};
  ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> owners,
                           queue_.store().ListAssetOwners(digest));
  if (owners.empty()) return AssetNotFound(name);
  return Seen{std::move(digest)};
}

Result<v1::Asset> AssetServiceImpl::Describe(const std::string& name, const Caller& caller) {
  ATELIER_ASSIGN_OR_RETURN(const Seen seen, Find(name, caller));
  ATELIER_ASSIGN_OR_RETURN(const BlobInfo info, blobs_.Stat(seen.digest));
  v1::Asset asset;
  asset.set_name(name);
  asset.set_size_bytes(info.size_bytes);
  ATELIER_ASSIGN_OR_RETURN(const std::string first, blobs_.GetFirst(seen.digest, kFilmMagicBytes));
  if (const auto film = RecogniseFilm(first)) {
    asset.set_content_type(std::string(ContentTypeOf(*film)));
  } else {
    ATELIER_ASSIGN_OR_RETURN(const PictureHeader header,
                             ReadStoredHeader(seen.digest, "name", blobs_));
    asset.set_content_type(std::string(ContentTypeOf(header.format)));
    asset.set_height(header.height);
    asset.set_width(header.width);
  }
  // When others stored it is nobody's business.
  const int64_t seconds = seen.create_time_ms > 0
                              ? seen.create_time_ms / 1000
                              : std::chrono::system_clock::to_time_t(info.create_time);
  asset.mutable_create_time()->set_seconds(seconds);
  return asset;
}

}  // namespace atelier::server
