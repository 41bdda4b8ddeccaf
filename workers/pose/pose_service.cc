#include "pose/pose_service.h"

#include "pose/estimator_choice.h"
#include "pose/skeleton.h"
#include "rpc/status.h"
#include "runtime/picture_argument.h"
#include "runtime/picture_codec.h"
#include "warnings/strict.h"

namespace atelier::pose {
namespace {

Look LookOf(v1::Estimator estimator) {
  if (estimator == v1::ESTIMATOR_RENDERED) return Look::kRendered;
  if (estimator == v1::ESTIMATOR_PHOTOGRAPH) return Look::kPhotograph;
  return Look::kAuto;
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

void AddLandmarks(const std::vector<BodyLandmark>& landmarks, v1::EstimatePoseResponse& response) {
  for (size_t i = 0; i < landmarks.size(); ++i) {
    v1::Landmark& landmark = *response.add_landmarks();
    landmark.set_name(std::string(kBodyLandmarkNames[i]));
    landmark.set_x(landmarks[i].x);
    landmark.set_y(landmarks[i].y);
    landmark.set_z(landmarks[i].z);
    landmark.set_visibility(landmarks[i].visibility);
    landmark.set_presence(landmarks[i].presence);
  }
}

/// Nothing for an empty picture.
Result<std::string> PngOf(const Image& image) {
  if (image.empty()) return std::string();
  return runtime::EncodePng(image);
}

}  // namespace

PoseReader::PoseReader(Eyes eyes, v1::Estimator preset) : preset_(preset), eyes_(std::move(eyes)) {}

Result<v1::EstimatePoseResponse> PoseReader::Read(const v1::EstimatePoseRequest& request) {
  ATELIER_ASSIGN_OR_RETURN(const v1::Estimator estimator,
                           ChosenEstimator(request.estimator(), preset_));
  ATELIER_ASSIGN_OR_RETURN(const Image picture,
                           runtime::DecodeArgument(request.picture(), "picture"));
  const Result<Seen> seen = [&] {
    std::lock_guard lock(mutex_);
    return eyes_.LookAt(picture, LookOf(estimator));
  }();
  if (!seen) return Propagate(seen.error());
  v1::EstimatePoseResponse response;
  AddKeypoints(seen->body.keypoints, response);
  AddLandmarks(seen->body.landmarks, response);
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_iuv_png(), PngOf(seen->iuv));
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_person_mask_png(), PngOf(seen->body.mask));
  ATELIER_ASSIGN_OR_RETURN(
      *response.mutable_skeleton_png(),
      runtime::EncodePng(DrawSkeleton(seen->body.keypoints, picture.height, picture.width)));
  response.set_confidence(seen->body.confidence);
  response.set_estimator(seen->body_estimator);
  response.set_iuv_confidence(seen->iuv_confidence);
  response.set_iuv_estimator(seen->iuv_estimator);
  return response;
}

grpc::Status PoseServiceImpl::EstimatePose(grpc::ServerContext* /*context*/,
                                           const v1::EstimatePoseRequest* request,
                                           v1::EstimatePoseResponse* response) {
  auto answer = UnderStrict(*request, [&] { return reader_.Read(*request); });
  if (!answer) return rpc::ToGrpc(answer.error());
  *response = std::move(*answer);
  return grpc::Status::OK;
}

}  // namespace atelier::pose
