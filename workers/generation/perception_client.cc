#include "generation/perception_client.h"

#include "atelier/v1/pose.grpc.pb.h"
#include "atelier/v1/region.grpc.pb.h"
#include "rpc/status.h"
#include "runtime/picture_codec.h"
#include "telemetry/trace.h"

namespace atelier::generation {
namespace {

/// Includes waiting for a service that restarts.
constexpr std::chrono::seconds kDeadline{30};

/// Calls `service` with our deadline, in the trace of the job that this thread prepares; `stop`
/// cancels the call.
template <typename Call>
Status CallPatiently(std::string_view service, std::stop_token stop, const Call& call) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  context.set_wait_for_ready(true);
  const telemetry::CallIds& job = telemetry::CurrentCall();
  if (!job.traceparent.empty()) context.AddMetadata("traceparent", job.traceparent);
  if (!job.request_id.empty()) context.AddMetadata("x-request-id", job.request_id);
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  const grpc::Status status = call(context);
  if (status.ok()) return {};
  return tl::unexpected(rpc::FromGrpc(status, service));
}

class GrpcPerception : public Perception {
 public:
  GrpcPerception(const std::shared_ptr<grpc::ChannelInterface>& pose,
                 const std::shared_ptr<grpc::ChannelInterface>& region)
      : pose_(v1::PoseService::NewStub(pose)), region_(v1::RegionService::NewStub(region)) {}

  Result<Image> EstimateIuv(const Image& picture, std::stop_token stop) override {
    v1::EstimatePoseRequest request;
    ATELIER_ASSIGN_OR_RETURN(*request.mutable_picture()->mutable_data(),
                             runtime::EncodePng(picture));
    v1::EstimatePoseResponse response;
    ATELIER_RETURN_IF_ERROR(
        CallPatiently("the pose service", stop, [&](grpc::ClientContext& context) {
          return pose_->EstimatePose(&context, request, &response);
        }));
    if (response.iuv_png().empty()) {
      return MakeError(Code::kFailedPrecondition, "NO_PERSON",
                       response.iuv_estimator() + " sees no body parts in the picture");
    }
    return runtime::DecodeIuv(response.iuv_png(), "iuv_png");
  }

  Result<Regions> ExtractRegions(const Image& picture, const Image& iuv,
                                 std::stop_token stop) override {
    v1::ExtractRegionsRequest request;
    ATELIER_ASSIGN_OR_RETURN(*request.mutable_picture()->mutable_data(),
                             runtime::EncodePng(picture));
    ATELIER_ASSIGN_OR_RETURN(*request.mutable_iuv_png(), runtime::EncodePng(iuv));
    v1::ExtractRegionsResponse response;
    ATELIER_RETURN_IF_ERROR(
        CallPatiently("the region service", stop, [&](grpc::ClientContext& context) {
          return region_->ExtractRegions(&context, request, &response);
        }));
    Regions regions;
    ATELIER_ASSIGN_OR_RETURN(regions.texture,
                             runtime::DecodePicture(response.texture_png(), "texture_png"));
    ATELIER_ASSIGN_OR_RETURN(
        regions.texture_validity,
        runtime::DecodeGrey(response.texture_validity_png(), "texture_validity_png"));
    regions.face_embedding.assign(response.face_embedding().begin(),
                                  response.face_embedding().end());
    return regions;
  }

 private:
  const std::unique_ptr<v1::PoseService::Stub> pose_;
  const std::unique_ptr<v1::RegionService::Stub> region_;
};

}  // namespace

std::unique_ptr<Perception> MakePerceptionClient(
    const std::shared_ptr<grpc::ChannelInterface>& pose,
    const std::shared_ptr<grpc::ChannelInterface>& region) {
  return std::make_unique<GrpcPerception>(pose, region);
}

}  // namespace atelier::generation
