#include "generation/conditions/perception_client.h"

#include <mutex>

#include "atelier/v1/networks.grpc.pb.h"
#include "atelier/v1/pose.grpc.pb.h"
#include "atelier/v1/region.grpc.pb.h"
#include "base/named_models.h"
#include "imaging/picture_codec.h"
#include "people/keypoints/keypoint_picture.h"
#include "picture/given_iuv.h"
#include "rpc/status.h"
#include "runtime/fitted_body_message.h"
#include "telemetry/trace.h"
#include "warnings/warning_message.h"

namespace atelier::generation {
namespace {

/// Includes waiting for a service that restarts.
constexpr std::chrono::seconds kDeadline{30};

/// Enough for a service that is there, whatever it is doing.
constexpr std::chrono::seconds kRefreshDeadline{3};

/// The networks of one of the services, as it last told.
/// In OpenPose's order, as the service gives them.
Keypoints KeypointsOf(const v1::EstimatePoseResponse& response) {
  Keypoints keypoints;
  const int count = std::min<int>(response.keypoints_size(), kKeypointCount);
  for (int i = 0; i < count; ++i) {
    const v1::Keypoint& given = response.keypoints(i);
    keypoints[static_cast<size_t>(i)] = {given.x(), given.y(), given.confidence()};
  }
  return keypoints;
}

class KnownNetworks {
 public:
  explicit KnownNetworks(const std::shared_ptr<grpc::ChannelInterface>& channel)
      : stub_(v1::NetworksService::NewStub(channel)) {}

  Status Refresh(std::string_view service, std::stop_token stop) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kRefreshDeadline);
    const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
    v1::GetNetworksResponse response;
    const grpc::Status status = stub_->GetNetworks(&context, {}, &response);
    if (status.ok()) Note(response.identity());
    // One from before there was such a call: it is there.
    if (status.ok() || status.error_code() == grpc::StatusCode::UNIMPLEMENTED) return {};
    Error error = rpc::FromGrpc(status, service);
    if (rpc::IsFromPeer(status)) error = error.WithContext(service);
    error.code = Code::kUnavailable;
    error.reason = "SERVICE_AWAY";
    return Unexpected(std::move(error));
  }

  void Note(const std::string& identity) {
    const std::lock_guard lock(mutex_);
    identity_ = identity;
  }

  std::string Get() const {
    const std::lock_guard lock(mutex_);
    return identity_;
  }

 private:
  const std::unique_ptr<v1::NetworksService::Stub> stub_;
  mutable std::mutex mutex_;
  std::string identity_;  // GUARDED_BY(mutex_)
};

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
  const Error error = rpc::FromGrpc(status, service);
  // Which of the services does not hold the model.
  return Propagate(error, error.code == Code::kNotFound ? service : "");
}

std::vector<Warning> WarningsOf(const WarningMessages& messages) {
  std::vector<Warning> warnings;
  for (const v1::Warning& message : messages) warnings.push_back(WarningFromMessage(message));
  return warnings;
}

/// The service was given another folder under the model's name.
Status RequireChart(const v1::EstimatePoseResponse& response, const engine::ModelInfo& model) {
  if (response.iuv_chart() == model.iuv_chart) return {};
  return IuvChartError("the pose service answers for " + response.model() + " in the chart \"" +
                           response.iuv_chart() + "\", the worker's model reads \"" +
                           model.iuv_chart + "\" and both must have the same model folder",
                       model.iuv_chart, "");
}

class GrpcPerception : public Perception {
 public:
  GrpcPerception(const std::shared_ptr<grpc::ChannelInterface>& pose,
                 const std::shared_ptr<grpc::ChannelInterface>& region)
      : pose_(v1::PoseService::NewStub(pose)),
        region_(v1::RegionService::NewStub(region)),
        pose_networks_(pose),
        region_networks_(region) {}

  Status Refresh(std::stop_token stop) override {
    ATELIER_RETURN_IF_ERROR(pose_networks_.Refresh("the pose service", stop));
    return region_networks_.Refresh("the region service", std::move(stop));
  }

  std::string Networks() const override {
    return pose_networks_.Get() + ":" + region_networks_.Get();
  }

  Result<PoseEstimate> EstimatePose(const Image& picture, const PoseReading& reading,
                                    const PoseParts& parts, const engine::ModelInfo& model,
                                    std::stop_token stop) override {
    v1::EstimatePoseRequest request;
    request.set_estimator(reading.estimator);
    if (reading.person.choice_case() != v1::PersonChoice::CHOICE_NOT_SET) {
      *request.mutable_person() = reading.person;
    }
    request.set_model(ModelResource(model.name));
    ATELIER_ASSIGN_OR_RETURN(*request.mutable_picture()->mutable_data(),
                             imaging::EncodePng(picture));
    v1::EstimatePoseResponse response;
    ATELIER_RETURN_IF_ERROR(
        CallPatiently("the pose service", stop, [&](grpc::ClientContext& context) {
          return pose_->EstimatePose(&context, request, &response);
        }));
    pose_networks_.Note(response.networks());
    PoseEstimate estimate;
    if (parts.iuv) {
      if (response.iuv_png().empty()) {
        return MakeError(Code::kFailedPrecondition, kNoPersonReason,
                         response.iuv_estimator() + " sees no body parts in the picture");
      }
      ATELIER_RETURN_IF_ERROR(RequireChart(response, model));
      ATELIER_ASSIGN_OR_RETURN(estimate.iuv, imaging::DecodeIuv(response.iuv_png(), "iuv_png"));
    }
    if (parts.keypoint_picture) {
      estimate.keypoint_picture =
          people::DrawPosePicture(KeypointsOf(response), picture.height, picture.width);
    }
    if (response.fit().has_body()) {
      ATELIER_ASSIGN_OR_RETURN(estimate.body,
                               runtime::FittedBodyFromMessage(response.fit().body(), "fit.body"));
      estimate.mask_iou = static_cast<double>(response.fit().mask_iou());
      estimate.is_photograph = response.iuv_estimator() == people::kBodyFitEstimator;
    }
    if (!response.person_mask_png().empty()) {
      ATELIER_ASSIGN_OR_RETURN(estimate.mask,
                               imaging::DecodeGrey(response.person_mask_png(), "person_mask_png"));
    }
    estimate.warnings = WarningsOf(response.warnings());
    return estimate;
  }

  Result<Regions> ExtractRegions(const RegionSubject& subject, const RegionParts& parts,
                                 const engine::ModelInfo& model, std::stop_token stop) override {
    v1::ExtractRegionsRequest request;
    // Both are what the service does by itself.
    if (!parts.face) request.add_parts(v1::REGION_PART_TEXTURE_MAP);
    if (!parts.texture_map) request.add_parts(v1::REGION_PART_FACE);
    request.set_model(ModelResource(model.name));
    ATELIER_ASSIGN_OR_RETURN(*request.mutable_picture()->mutable_data(),
                             imaging::EncodePng(subject.picture));
    if (!subject.iuv.empty()) {
      ATELIER_ASSIGN_OR_RETURN(*request.mutable_iuv_png(),
                               imaging::EncodeIuv(subject.iuv, model.iuv_chart));
    }
    if (subject.body != nullptr && !subject.mask.empty()) {
      runtime::FittedBodyToMessage(*subject.body, *request.mutable_body());
      ATELIER_ASSIGN_OR_RETURN(*request.mutable_person_mask_png(),
                               imaging::EncodePng(subject.mask));
    }
    v1::ExtractRegionsResponse response;
    ATELIER_RETURN_IF_ERROR(
        CallPatiently("the region service", stop, [&](grpc::ClientContext& context) {
          return region_->ExtractRegions(&context, request, &response);
        }));
    region_networks_.Note(response.networks());
    return RegionsOf(response, parts.texture_map && !subject.iuv.empty());
  }

 private:
  static Result<Regions> RegionsOf(const v1::ExtractRegionsResponse& response, bool has_texture) {
    Regions regions;
    if (has_texture) {
      ATELIER_ASSIGN_OR_RETURN(regions.texture,
                               imaging::DecodePicture(response.texture_png(), "texture_png"));
      ATELIER_ASSIGN_OR_RETURN(
          regions.texture_validity,
          imaging::DecodeGrey(response.texture_validity_png(), "texture_validity_png"));
    }
    regions.texture_layout = response.texture_layout();
    regions.face_found = response.face_found();
    regions.face_landmarks.assign(response.face_landmarks().begin(),
                                  response.face_landmarks().end());
    regions.face_embedding.assign(response.face_embedding().begin(),
                                  response.face_embedding().end());
    regions.warnings = WarningsOf(response.warnings());
    return regions;
  }

  const std::unique_ptr<v1::PoseService::Stub> pose_;
  const std::unique_ptr<v1::RegionService::Stub> region_;
  KnownNetworks pose_networks_, region_networks_;
};

}  // namespace

std::unique_ptr<Perception> MakePerceptionClient(
    const std::shared_ptr<grpc::ChannelInterface>& pose,
    const std::shared_ptr<grpc::ChannelInterface>& region) {
  return std::make_unique<GrpcPerception>(pose, region);
}

}  // namespace atelier::generation
