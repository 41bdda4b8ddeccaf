#include "server/api/forwarders.h"

#include <algorithm>

#include "picture/picture_header.h"
#include "rpc/status.h"
#include "server/admission/spec_check.h"
#include "server/api/reply.h"
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

// The picture by value.
Result<v1::Picture> Resolve(const v1::Picture& picture, BlobStore& blobs) {
  ATELIER_RETURN_IF_ERROR(CheckPicture(picture, "picture", blobs));
  if (picture.has_data()) return picture;
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture.asset()));
  v1::Picture resolved;
  ATELIER_ASSIGN_OR_RETURN(*resolved.mutable_data(), blobs.Get(digest));
  return resolved;
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
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  Result<v1::Picture> picture = Resolve(request->picture(), blobs_);
  if (!picture) return Reply(picture.error());
  v1::EstimatePoseRequest forwarded = *request;
  *forwarded.mutable_picture() = *std::move(picture);
  return AnswerOf(stub_->EstimatePose(ForwardContext(*context).get(), forwarded, response),
                  "the pose service");
}

grpc::Status RegionForwarder::ExtractRegions(grpc::ServerContext* context,
                                             const v1::ExtractRegionsRequest* request,
                                             v1::ExtractRegionsResponse* response) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  Result<v1::Picture> picture = Resolve(request->picture(), blobs_);
  if (!picture) return Reply(picture.error());
  if (!request->iuv_png().empty()) {
    const Result<PictureHeader> iuv = ReadPictureHeader(request->iuv_png(), "iuv_png");
    if (!iuv) return Reply(iuv.error());
  }
  v1::ExtractRegionsRequest forwarded = *request;
  *forwarded.mutable_picture() = *std::move(picture);
  return AnswerOf(stub_->ExtractRegions(ForwardContext(*context).get(), forwarded, response),
                  "the region service");
}

}  // namespace atelier::server
