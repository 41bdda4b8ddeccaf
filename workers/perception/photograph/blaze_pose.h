// BlazePose (mediapipe's pose_detection and pose_landmark_full) through OpenCV: a detector finds
// the body's circle, a second network reads 33 landmarks and a mask from the square around it, and
// once more from the square around those landmarks. The second reading is what mediapipe does from
// one frame of a film to the next; on single photographs most of the accuracy of the hips comes
// from it.
#pragma once

#include <filesystem>
#include <memory>

#include "perception/keypoint_estimator.h"
#include "perception/photograph/blaze_landmarks.h"
#include "perception/photograph/ssd_detector.h"

namespace atelier::photograph {

class BlazePose final : public perception::KeypointEstimator {
 public:
  /// pose_detection.onnx and pose_landmark_full.onnx of `folder`, as `./dev setup` makes them.
  /// Errors as DnnNetwork::Load().
  static Result<std::unique_ptr<BlazePose>> Load(const std::filesystem::path& folder);

  std::string_view name() const override { return "blazepose"; }

  /// The largest person of those that the detector finds; where it is sure of none, it is asked
  /// about the picture's parts of half its size, so that a person who is small in the picture is
  /// found. Confidence is the detector's score times the lower presence of the two readings. Nobody
  /// is seen when it stays below 0.58 for everybody found.
  Result<perception::KeypointEstimate> Estimate(const Image& picture) override;

  Result<perception::KeypointEstimate> EstimateOne(const Image& picture,
                                                   const perception::PersonWanted& wanted) override;

  Result<std::optional<int>> CountPeople(const Image& picture) override;

 private:
  /// What one reading at `roi` tells. The mask's logits live until the next reading.
  struct Reading {
    float presence = 0;
    AllLandmarks landmarks;
    WorldLandmarks world;
    cv::Mat mask_logits;
    cv::Matx33d to_cut;
  };

  BlazePose(SsdDetector detector, DnnNetwork landmarks)
      : detector_(std::move(detector)), network_(std::move(landmarks)) {}
  /// Largest first.
  Result<std::vector<Detection>> FindPeople(const Image& picture);
  Result<std::vector<Detection>> FindSmallPeople(const Image& picture);
  Result<Reading> ReadLandmarks(const Image& picture, const Roi& roi);
  /// The first of `people` that the network confirms, after `skip` others. `surest` becomes the
  /// best confidence that was met.
  Result<std::optional<perception::KeypointEstimate>> ReadFirst(
      const Image& picture, const std::vector<Detection>& people, int skip, float& surest);
  /// The presence is the lower one of both readings.
  Result<Reading> ReadTwice(const Image& picture, const Detection& person);

  SsdDetector detector_;
  DnnNetwork network_;
};

}  // namespace atelier::photograph
