#include "server/api/forwarders.h"

#include <algorithm>

#include "limits/limits.h"
#include "picture/picture_header.h"
#include "rpc/status.h"
#include "server/admission/spec_check.h"
#include "server/api/reply.h"
#include "server/assets/tenant_blobs.h"
#include "telemetry/trace.h"

namespace atelier::server {
namespace {

// A caller without a deadline waits no longer than this.
constexpr std::chrono::seconds kMaxForwardTime(120);

// Cancellation, deadline, trace and request id of the caller go along.
std::unique_ptr<grpc::ClientContext> ForwardContext(const grpc::ServerContext& context) {
  auto forward = grpc::ClientContext::FromServerContext(context);
  forward->set_deadline(
      std::min(context.deadline(), std::chrono::system_clock::now() + kMaxForwardTime));
  const std::string traceparent = TraceparentOf(context);
  if (!traceparent.empty()) forward->AddMetadata("traceparent", traceparent);
  const std::string& request_id = telemetry::CurrentCall().request_id;
  if (!request_id.empty()) forward->AddMetadata("x-request-id", request_id);
  return forward;
}

// The picture by value, of the caller's own.
Result<v1::Picture> Resolve(const v1::Picture& picture, const grpc::ServerContext& context,
                            const StoredPictures& pictures) {
  ATELIER_ASSIGN_OR_RETURN(Caller caller, pictures.callers.Of(context));
  TenantBlobs blobs(pictures.blobs, pictures.store,
                    {std::move(caller.tenant), caller.every_tenant});
  ATELIER_RETURN_IF_ERROR(CheckPicture(picture, "picture", blobs));
  if (picture.has_data()) return picture;
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture.asset()));
  v1::Picture resolved;
  ATELIER_ASSIGN_OR_RETURN(*resolved.mutable_data(), blobs.Get(digest));
  return resolved;
}

// INVALID_ARGUMENT naming `field` when the bytes of a required picture are none.
Status CheckHeader(const std::string& bytes, const std::string& field) {
  const Result<PictureHeader> header = ReadPictureHeader(bytes, field);
  return header ? Status() : Propagate(header.error());
}

// The same of one that may be absent.
Status CheckHeaderIfGiven(const std::string& bytes, const std::string& field) {
  return bytes.empty() ? Status() : CheckHeader(bytes, field);
}

Status CheckMaps(const v1::ComposeTextureRequest& request) {
  ATELIER_RETURN_IF_ERROR(CheckLimits(request));
  ATELIER_RETURN_IF_ERROR(CheckHeader(request.texture_png(), "texture_png"));
  ATELIER_RETURN_IF_ERROR(
      CheckHeaderIfGiven(request.texture_validity_png(), "texture_validity_png"));
  for (int i = 0; i < request.patches_size(); ++i) {
    const v1::TexturePatch& patch = request.patches(i);
    const std::string path = "patches[" + std::to_string(i) + "].";
    ATELIER_RETURN_IF_ERROR(CheckHeader(patch.texture_png(), path + "texture_png"));
    ATELIER_RETURN_IF_ERROR(
        CheckHeaderIfGiven(patch.texture_validity_png(), path + "texture_validity_png"));
  }
  return {};
}

/// Of a call with that picture: as it came, resolved, and as it is forwarded.
int64_t MemoryOf(const v1::Picture& picture) {
  return 3 * static_cast<int64_t>(picture.ByteSizeLong());
}

/// What the worker said. When it could not be asked, an error that names it: to the caller, the
/// server is there.
grpc::Status AnswerOf(const grpc::Status& status, std::string_view service) {
  if (status.ok() || rpc::IsFromPeer(status)) return status;
  return Reply(rpc::FromGrpc(status, service));
}

}  // namespace

grpc::Status PoseForwarder::EstimatePose(grpc::ServerContext* context,
                                         const v1::EstimatePoseRequest* request,
                                         v1::EstimatePoseResponse* response) {
  const Result<CallSlots::Slot> slot = slots_.Take();
  if (!slot) return Reply(slot.error());
  if (grpc::Status status = pictures_.callers.Begin(*context, *request); !status.ok())
    return status;
  Result<v1::Picture> picture = Resolve(request->picture(), *context, pictures_);
  if (!picture) return Reply(picture.error());
  const Result<CallMemory::Hold> memory = memory_.Queue(MemoryOf(*picture));
  if (!memory) return Reply(memory.error());
  v1::EstimatePoseRequest forwarded = *request;
  *forwarded.mutable_picture() = *std::move(picture);
  return AnswerOf(stub_->EstimatePose(ForwardContext(*context).get(), forwarded, response),
                  "the pose service");
}

grpc::Status RegionForwarder::ExtractRegions(grpc::ServerContext* context,
                                             const v1::ExtractRegionsRequest* request,
                                             v1::ExtractRegionsResponse* response) {
  const Result<CallSlots::Slot> slot = slots_.Take();
  if (!slot) return Reply(slot.error());
  if (grpc::Status status = pictures_.callers.Begin(*context, *request); !status.ok())
    return status;
  Result<v1::Picture> picture = Resolve(request->picture(), *context, pictures_);
  if (!picture) return Reply(picture.error());
  const Result<CallMemory::Hold> memory = memory_.Queue(MemoryOf(*picture));
  if (!memory) return Reply(memory.error());
  if (const Status iuv = CheckHeaderIfGiven(request->iuv_png(), "iuv_png"); !iuv) return Reply(iuv);
  v1::ExtractRegionsRequest forwarded = *request;
  *forwarded.mutable_picture() = *std::move(picture);
  return AnswerOf(stub_->ExtractRegions(ForwardContext(*context).get(), forwarded, response),
                  "the region service");
}

grpc::Status RegionForwarder::DescribeRegions(grpc::ServerContext* context,
                                              const v1::DescribeRegionsRequest* request,
                                              v1::DescribeRegionsResponse* response) {
  const Result<CallSlots::Slot> slot = slots_.Take();
  if (!slot) return Reply(slot.error());
  if (grpc::Status status = pictures_.callers.Begin(*context, *request); !status.ok())
    return status;
  if (const Status limits = CheckLimits(*request); !limits) return Reply(limits);
  Result<v1::Picture> picture = Resolve(request->picture(), *context, pictures_);
  if (!picture) return Reply(picture.error());
  const Result<CallMemory::Hold> memory = memory_.Queue(MemoryOf(*picture));
  if (!memory) return Reply(memory.error());
  const Status mask = CheckHeader(request->person_mask_png(), "person_mask_png");
  if (!mask) return Reply(mask);
  v1::DescribeRegionsRequest forwarded = *request;
  *forwarded.mutable_picture() = *std::move(picture);
  return AnswerOf(stub_->DescribeRegions(ForwardContext(*context).get(), forwarded, response),
                  "the region service");
}

grpc::Status RegionForwarder::ComposeTexture(grpc::ServerContext* context,
                                             const v1::ComposeTextureRequest* request,
                                             v1::ComposeTextureResponse* response) {
  const Result<CallSlots::Slot> slot = slots_.Take();
  if (!slot) return Reply(slot.error());
  if (grpc::Status status = pictures_.callers.Begin(*context, *request); !status.ok())
    return status;
  if (const Status maps = CheckMaps(*request); !maps) return Reply(maps);
  return AnswerOf(stub_->ComposeTexture(ForwardContext(*context).get(), *request, response),
                  "the region service");
}

}  // namespace atelier::server
