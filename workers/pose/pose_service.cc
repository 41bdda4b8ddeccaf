#include "pose/pose_service.h"

#include <optional>

#include "imaging/picture_codec.h"
#include "limits/limits.h"
#include "people/keypoints/keypoint_picture.h"
#include "perception/selection/estimator_settings.h"
#include "rpc/status.h"
#include "runtime/fitted_body_message.h"
#include "runtime/picture_argument.h"
#include "warnings/strict.h"
#include "warnings/warning_message.h"

namespace atelier::pose {
namespace {

perception::EstimatorChoice ChoiceOf(v1::Estimator estimator) {
  if (estimator == v1::ESTIMATOR_RENDERED) return perception::EstimatorChoice::kRendered;
  if (estimator == v1::ESTIMATOR_PHOTOGRAPH) return perception::EstimatorChoice::kPhotograph;
  return perception::EstimatorChoice::kAuto;
}

void AddKeypoints(const Keypoints& keypoints, v1::EstimatePoseResponse& response) {
  for (int i = 0; i < kKeypointCount; ++i) {
    v1::Keypoint& keypoint = *response.add_keypoints();
    keypoint.set_name(std::string(kKeypointNames[i]));
    keypoint.set_x(keypoints[i].x);
    keypoint.set_y(keypoints[i].y);
    keypoint.set_confidence(keypoints[i].confidence);
  }
}

void AddLandmarks(const std::vector<perception::BodyLandmark>& landmarks,
                  v1::EstimatePoseResponse& response) {
  for (size_t i = 0; i < landmarks.size(); ++i) {
    v1::Landmark& landmark = *response.add_landmarks();
    landmark.set_name(std::string(perception::kBodyLandmarkNames[i]));
    landmark.set_x(landmarks[i].x);
    landmark.set_y(landmarks[i].y);
    landmark.set_z(landmarks[i].z);
    landmark.set_visibility(landmarks[i].visibility);
    landmark.set_presence(landmarks[i].presence);
  }
}

void AddFit(const people::BodyFit& fit, v1::EstimatePoseResponse& response) {
  v1::BodyFit& message = *response.mutable_fit();
  message.set_mask_iou(static_cast<float>(fit.mask_iou));
  message.set_reprojection_error(static_cast<float>(fit.reprojection_error));
  message.set_yaw_degrees(static_cast<float>(fit.yaw_degrees));
  message.set_confidence(static_cast<float>(fit.confidence));
  runtime::FittedBodyToMessage(fit.body, *message.mutable_body());
}

/// Nothing where the request leaves it to the service.
Result<std::optional<perception::PersonWanted>> WantedPerson(
    const v1::EstimatePoseRequest& request) {
  ATELIER_RETURN_IF_ERROR(CheckLimits(request));
  const v1::PersonChoice& person = request.person();
  if (person.choice_case() == v1::PersonChoice::kIndex) {
    return perception::PersonWanted{.index = person.index(), .box = {}};
  }
  if (person.choice_case() != v1::PersonChoice::kBox) return std::nullopt;
  const v1::Box& box = person.box();
  // Written so that NaN fails.
  if (!(box.left() < box.right() && box.top() < box.bottom())) {
    return InvalidField("person.box", "wider and higher than nothing",
                        std::to_string(box.right() - box.left()) + " x " +
                            std::to_string(box.bottom() - box.top()));
  }
  return perception::PersonWanted{
      .index = 0,
      .box = perception::PersonWanted::Box{box.left(), box.top(), box.right(), box.bottom()}};
}

/// Nothing for an empty picture.
Result<std::string> PngOf(const Image& image) {
  if (image.empty()) return std::string();
  return imaging::EncodePng(image);
}

NamedModels<perception::PoseEstimatorSelector> OneModel(
    perception::PoseEstimatorSelector selector) {
  NamedModels<perception::PoseEstimatorSelector> models;
  const std::string name = selector.name();
  // The first name is never taken.
  (void)models.Add(name, std::move(selector));
  return models;
}

}  // namespace

PoseReader::PoseReader(NamedModels<perception::PoseEstimatorSelector> models, v1::Estimator preset)
    : preset_(preset), models_(std::move(models)) {}

PoseReader::PoseReader(perception::PoseEstimatorSelector selector, v1::Estimator preset)
    : PoseReader(OneModel(std::move(selector)), preset) {}

Result<v1::EstimatePoseResponse> PoseReader::Read(const v1::EstimatePoseRequest& request,
                                                  const runtime::Wanted& wanted) {
  ATELIER_ASSIGN_OR_RETURN(const v1::Estimator estimator,
                           perception::ChosenEstimator(request.estimator(), preset_));
  ATELIER_ASSIGN_OR_RETURN(const auto person, WantedPerson(request));
  ATELIER_ASSIGN_OR_RETURN(const auto model, models_.Find(request.model()));
  ATELIER_RETURN_IF_ERROR(runtime::CheckWanted(wanted));
  ATELIER_ASSIGN_OR_RETURN(const Image picture,
                           runtime::DecodeArgument(request.picture(), "picture"));
  const auto estimate = [&]() -> Result<perception::PersonEstimate> {
    ATELIER_ASSIGN_OR_RETURN(const runtime::Turn turn, runtime::TakeTurn(turns_, wanted));
    return model.item.Estimate(picture, ChoiceOf(estimator), person);
  }();
  if (!estimate) return Propagate(estimate.error());
  ATELIER_RETURN_IF_ERROR(runtime::CheckWanted(wanted));
  v1::EstimatePoseResponse response;
  AddKeypoints(estimate->body.keypoints, response);
  AddLandmarks(estimate->body.landmarks, response);
  response.set_model(model.name);
  if (!estimate->iuv.empty()) {
    ATELIER_ASSIGN_OR_RETURN(*response.mutable_iuv_png(),
                             imaging::EncodeIuv(estimate->iuv, model.item.iuv_chart()));
    response.set_iuv_chart(model.item.iuv_chart());
  }
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_person_mask_png(), PngOf(estimate->body.mask));
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_skeleton_png(),
                           imaging::EncodePng(people::DrawKeypoints(
                               estimate->body.keypoints, picture.height, picture.width)));
  response.set_confidence(estimate->body.confidence);
  response.set_estimator(estimate->body_estimator);
  response.set_iuv_confidence(estimate->iuv_confidence);
  response.set_iuv_estimator(estimate->iuv_estimator);
  if (estimate->fit) AddFit(*estimate->fit, response);
  *response.mutable_warnings() =
      WarningsToMessages(perception::WarningsOf(estimate->person, "picture"));
  return response;
}

void PoseServiceImpl::Serve(PoseReader& reader, std::string networks) {
  networks_ = std::move(networks);
  reader_.Set(reader);
}

grpc::Status PoseServiceImpl::EstimatePose(grpc::ServerContext* context,
                                           const v1::EstimatePoseRequest* request,
                                           v1::EstimatePoseResponse* response) {
  const auto reader = reader_.Get();
  if (!reader) return rpc::ToGrpc(reader.error());
  const runtime::Wanted wanted = runtime::WantedBy(*context);
  const auto memory = runtime::TakeMemory(memory_, *request, wanted);
  if (!memory) return rpc::ToGrpc(memory.error());
  auto answer = UnderStrict(*request, [&] { return (*reader)->Read(*request, wanted); });
  if (!answer) return rpc::ToGrpc(answer.error());
  *response = std::move(*answer);
  response->set_networks(networks_);
  return grpc::Status::OK;
}

}  // namespace atelier::pose
