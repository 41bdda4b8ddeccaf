#include "server/api/worker_asset_service.h"

#include "atelier/v1/job.pb.h"
#include "picture/film/film_header.h"
#include "server/api/chunks.h"
#include "server/api/reply.h"
#include "server/assets/asset_names.h"
#include "server/assets/asset_storing.h"
#include "server/assets/stored_picture.h"

namespace atelier::server {
namespace {

constexpr std::string_view kJobPrefix = "jobs/";

/// Whether these are the bytes of what workers join frames to.
bool IsPaintedFilm(std::string_view bytes) {
  if (RecogniseFilm(bytes) == FilmContainer::kMp4) return true;
  return bytes.starts_with("RIFF") && bytes.substr(0, 16).ends_with("WEBPVP8X");
}

bool MayHaveFilm(const LeasedWork& work) {
  v1::JobSpec spec;
  return spec.ParseFromString(work.spec) && spec.has_sequence();
}

}  // namespace

grpc::Status WorkerAssetServiceImpl::FetchAsset(
    grpc::ServerContext*, const v1::FetchAssetRequest* request,
    grpc::ServerWriter<v1::FetchAssetResponse>* writer) {
  const Result<std::string> bytes = Fetch(*request);
  if (!bytes) return Reply(bytes.error());
  SendChunks<v1::FetchAssetResponse>(*bytes, *writer);
  return grpc::Status::OK;
}

Result<std::string> WorkerAssetServiceImpl::Fetch(const v1::FetchAssetRequest& request) {
  const std::string id = IdOf(request.job(), kJobPrefix);
  ATELIER_ASSIGN_OR_RETURN(const std::shared_ptr<const LeasedWork> work,
                           dispatcher_.FindWork(id, request.lease()));
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(request.asset()));
  v1::JobSpec spec;
  if (!spec.ParseFromString(work->spec)) {
    return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + id + " does not parse");
  }
  BlobStore::Digests named;
  AddAssetNames(spec, named);
  if (!named.contains(digest)) {
    // Perhaps one that an earlier attempt recorded.
    ATELIER_ASSIGN_OR_RETURN(const JobRecord job, queue_.Get(id));
    v1::Job outcome;
    if (outcome.ParseFromString(job.outcome)) AddAssetNames(outcome, named);
  }
  if (!named.contains(digest)) return AssetNotFound(request.asset());
  return blobs_.Get(digest);
}

grpc::Status WorkerAssetServiceImpl::StoreAsset(grpc::ServerContext* context,
                                                grpc::ServerReader<v1::StoreAssetRequest>* reader,
                                                v1::StoreAssetResponse* response) {
  const auto store = [&]() -> Result<v1::StoreAssetResponse> {
    ATELIER_ASSIGN_OR_RETURN(const Upload upload, Read(*reader));
    // A stream that broke off also ends Read(): what came so far is not the picture.
    ATELIER_RETURN_IF_ERROR(CallerIsThere(*context));
    return Store(upload);
  };
  Result<v1::StoreAssetResponse> stored = store();
  if (!stored) return Reply(stored.error());
  *response = *std::move(stored);
  return grpc::Status::OK;
}

Result<WorkerAssetServiceImpl::Upload> WorkerAssetServiceImpl::Read(
    grpc::ServerReader<v1::StoreAssetRequest>& reader) {
  Upload upload;
  bool first = true;
  v1::StoreAssetRequest message;
  while (reader.Read(&message)) {
    if (first) {
      upload.job = IdOf(message.job(), kJobPrefix);
      upload.lease = message.lease();
      first = false;
    }
    // A heartbeat each: a large picture over a slow network outlasts a lease.
    ATELIER_RETURN_IF_ERROR(dispatcher_.ReportProgress(upload.job, upload.lease, nullptr));
    ATELIER_RETURN_IF_ERROR(CheckChunk(message.chunk()));
    upload.bytes += message.chunk();
    // Ends an endless upload early; ReadPictureHeader words the rule.
    if (static_cast<int64_t>(upload.bytes.size()) > kMaxResultBytes) break;
  }
  return upload;
}

Result<v1::StoreAssetResponse> WorkerAssetServiceImpl::Store(const Upload& upload) {
  ATELIER_ASSIGN_OR_RETURN(const std::shared_ptr<const LeasedWork> work,
                           dispatcher_.FindWork(upload.job, upload.lease));
  if (IsPaintedFilm(upload.bytes) && MayHaveFilm(*work)) {
    if (static_cast<int64_t>(upload.bytes.size()) > kMaxResultBytes) {
      return InvalidField("chunk", "at most " + std::to_string(kMaxResultBytes) + " bytes",
                          std::to_string(upload.bytes.size()) + " bytes");
    }
    ATELIER_ASSIGN_OR_RETURN(const std::string film, Keep(upload.bytes, work->tenant));
    v1::StoreAssetResponse stored;
    stored.set_asset(AssetName(film));
    return stored;
  }
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header,
                           ReadPictureHeader(upload.bytes, "chunk", kMaxResultBytes));
  if (header.format != PictureFormat::kPng) {
    return InvalidField("chunk", "a PNG", ContentTypeOf(header.format));
  }
  ATELIER_RETURN_IF_ERROR(CheckPictureWhole(upload.bytes, "chunk"));
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, Keep(upload.bytes, work->tenant));
  v1::StoreAssetResponse response;
  response.set_asset(AssetName(digest));
  response.set_height(header.height);
  response.set_width(header.width);
  return response;
}

Result<std::string> WorkerAssetServiceImpl::Keep(const std::string& png,
                                                 const std::string& tenant) {
  if (unfinished_ == Unfinished::kNobodys) return blobs_.Put(png, BlobStore::Origin::kWorker);
  ATELIER_ASSIGN_OR_RETURN(
      const HeldBlob blob,
      server::StoreAsset(png, tenant, BlobStore::Origin::kWorker, blobs_, queue_));
  return blob.digest;
}

}  // namespace atelier::server
