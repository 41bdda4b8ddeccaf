#include "pose/photograph/blaze_pose.h"

namespace atelier::photograph {
namespace {

constexpr float kMinConfidence = 0.5f;
/// A square of fewer pixels than this shows nothing, and would make a matrix without inverse.
constexpr float kMinRoiSide = 2;

// Outputs of pose_landmark_full, under the names that its file gives them.
constexpr char kRowsOutput[] = "Identity";
constexpr char kConfidenceOutput[] = "Identity_1";  // after the logistic function
constexpr char kMaskOutput[] = "Identity_2";
constexpr char kHeatOutput[] = "Identity_3";

}  // namespace

Result<std::unique_ptr<BlazePose>> BlazePose::Load(const std::filesystem::path& folder) {
  ATELIER_ASSIGN_OR_RETURN(DnnNetwork detector, DnnNetwork::Load(folder / "pose_detection.onnx"));
  ATELIER_ASSIGN_OR_RETURN(DnnNetwork landmarks,
                           DnnNetwork::Load(folder / "pose_landmark_full.onnx"));
  return std::unique_ptr<BlazePose>(
      new BlazePose(SsdDetector(PersonDetectorSpec(), std::move(detector)), std::move(landmarks)));
}

Result<pose::KeypointEstimate> BlazePose::Estimate(const Image& picture) {
  return CatchOpenCv([&]() -> Result<pose::KeypointEstimate> {
    ATELIER_ASSIGN_OR_RETURN(const Look look, LookTwice(picture));
    pose::KeypointEstimate estimate;
    estimate.landmarks.assign(look.landmarks.begin(),
                              look.landmarks.begin() + pose::kBodyLandmarkCount);
    estimate.keypoints = KeypointsOf(estimate.landmarks, picture.height, picture.width);
    estimate.confidence = look.confidence;
    estimate.mask =
        DecodeMask(look.mask_logits.ptr<float>(), look.to_cut, picture.height, picture.width);
    return estimate;
  });
}

Result<BlazePose::Look> BlazePose::LookTwice(const Image& picture) {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<Detection> found,
                           detector_.Detect(picture, SquareAround(picture)));
  if (found.empty()) return pose::NoPerson();
  const auto& points = found.front().points;
  ATELIER_ASSIGN_OR_RETURN(const Look first,
                           LookAt(picture, UprightRoi(points[0], points[1], kBodyScale)));
  return LookAt(picture, RoiOf(first.landmarks));
}

Result<BlazePose::Look> BlazePose::LookAt(const Image& picture, const Roi& roi) {
  if (!(roi.width >= kMinRoiSide)) return pose::NoPerson();
  const CutOptions options{{kLandmarkSize, kLandmarkSize}, Outside::kRepeatedBorder};
  const Cut cut = CutOut(picture, roi, options);
  ATELIER_ASSIGN_OR_RETURN(
      const std::vector<cv::Mat> outputs,
      network_.Run(cut.blob, {kRowsOutput, kConfidenceOutput, kMaskOutput, kHeatOutput}));
  ATELIER_RETURN_IF_ERROR(RequireFloats(outputs[0], kLandmarkRows * kLandmarkColumns, kRowsOutput));
  ATELIER_RETURN_IF_ERROR(RequireFloats(outputs[1], 1, kConfidenceOutput));
  ATELIER_RETURN_IF_ERROR(RequireFloats(outputs[2], kLandmarkSize * kLandmarkSize, kMaskOutput));
  ATELIER_RETURN_IF_ERROR(
      RequireFloats(outputs[3], kLandmarkRows * kHeatSize * kHeatSize, kHeatOutput));
  Look look;
  look.confidence = outputs[1].ptr<float>()[0];
  if (!(look.confidence >= kMinConfidence)) return pose::NoPerson();
  look.landmarks = DecodeLandmarks(outputs[0].ptr<float>(), outputs[3].ptr<float>(), roi);
  look.mask_logits = outputs[2];
  look.to_cut = cut.to_cut;
  return look;
}

}  // namespace atelier::photograph
