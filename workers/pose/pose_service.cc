#include "pose/pose_service.h"

#include "pose/skeleton.h"
#include "rpc/status.h"
#include "runtime/picture_argument.h"
#include "runtime/picture_codec.h"

namespace atelier::pose {
namespace {

/// Below either of these nobody is in the picture: a few stray pixels, or parts no surer than a
/// guess among 25 classes would make them.
constexpr double kMinPersonFraction = 0.005;
constexpr float kMinConfidence = 0.2f;

double PersonFraction(const Image& iuv) {
  size_t person = 0;
  for (size_t i = 0; i < iuv.data.size(); i += 3) person += iuv.data[i] != 0;
  return 3.0 * static_cast<double>(person) / static_cast<double>(iuv.data.size());
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

}  // namespace

PoseReader::PoseReader(std::unique_ptr<engine::PoseEstimator> estimator, std::string name)
    : name_(std::move(name)), estimator_(std::move(estimator)) {}

Result<v1::EstimatePoseResponse> PoseReader::Read(const v1::EstimatePoseRequest& request) {
  ATELIER_ASSIGN_OR_RETURN(const Image picture,
                           runtime::DecodeArgument(request.picture(), "picture"));
  Result<engine::PoseEstimate> estimate = [&] {
    std::lock_guard lock(mutex_);
    return estimator_->Estimate(picture);
  }();
  if (!estimate) return Propagate(estimate.error());
  if (estimate->confidence < kMinConfidence || PersonFraction(estimate->iuv) < kMinPersonFraction) {
    return MakeError(Code::kFailedPrecondition, "NO_PERSON", "nobody is seen in the picture");
  }
  v1::EstimatePoseResponse response;
  AddKeypoints(estimate->keypoints, response);
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_iuv_png(), runtime::EncodePng(estimate->iuv));
  ATELIER_ASSIGN_OR_RETURN(
      *response.mutable_skeleton_png(),
      runtime::EncodePng(DrawSkeleton(estimate->keypoints, picture.height, picture.width)));
  response.set_confidence(estimate->confidence);
  response.set_estimator(name_);
  return response;
}

grpc::Status PoseServiceImpl::EstimatePose(grpc::ServerContext* /*context*/,
                                           const v1::EstimatePoseRequest* request,
                                           v1::EstimatePoseResponse* response) {
  auto answer = reader_.Read(*request);
  if (!answer) return rpc::ToGrpc(answer.error());
  *response = std::move(*answer);
  return grpc::Status::OK;
}

}  // namespace atelier::pose
