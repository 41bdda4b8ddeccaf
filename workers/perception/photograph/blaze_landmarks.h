// The output of BlazePose's landmark network in the picture's pixels. Arithmetic alone; the network
// runs in blaze_pose.h.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "base/body.h"
#include "perception/keypoint_estimator.h"
#include "perception/photograph/roi.h"

namespace atelier::photograph {

/// Side of the landmark network's picture, and of its heat maps.
inline constexpr int kLandmarkSize = 256;
inline constexpr int kHeatSize = 64;
/// Rows of its landmark output: 33 landmarks, 2 that tell where the body is, 4 unused.
inline constexpr int kLandmarkRows = 39;
/// Numbers of one row: x, y, z in pixels of the network's picture, visibility and presence before
/// the logistic function.
inline constexpr int kLandmarkColumns = 5;

/// The body's square is as much larger than the circle around it.
inline constexpr float kBodyScale = 1.25f;

/// 33 landmarks, then the middle of the body and the rim of a circle around it.
inline constexpr int kAllLandmarks = perception::kBodyLandmarkCount + 2;
using AllLandmarks = std::array<perception::BodyLandmark, kAllLandmarks>;

/// Landmarks in pixels of the picture that `roi` was cut from. `rows`: [39, 5]; `heat`: [39, 64,
/// 64] before the logistic function, by which each x, y is refined: the mean place of the 9x9 cells
/// around it, weighted by their probability, when the surest of them reaches 0.5.
AllLandmarks DecodeLandmarks(const float* rows, const float* heat, const Roi& roi);

/// Numbers of one row of the world output: x, y, z in metres, turned as the network's picture.
inline constexpr int kWorldColumns = 3;
using WorldLandmarks = std::array<perception::WorldLandmark, perception::kBodyLandmarkCount>;

/// World landmarks turned upright with the picture that `roi` was cut from. `rows`: [39, 3].
WorldLandmarks DecodeWorldLandmarks(const float* rows, const Roi& roi);

/// The square to read once more, from the two landmarks that say where the body is.
Roi RoiOf(const AllLandmarks& landmarks);

/// OpenPose's 18 of BlazePose's 33; the neck is the middle of the shoulders. A point outside of the
/// picture, or less visible than 0.5, is not there; confidence is the visibility.
Keypoints KeypointsOf(const std::vector<perception::BodyLandmark>& landmarks, int height,
                      int width);

/// The mask of a person from its logits, [256, 256] floats of the cut: one channel of the picture's
/// size. Throws cv::Exception as OpenCV does.
Image DecodeMask(const float* logits, const cv::Matx33d& to_cut, int height, int width);

}  // namespace atelier::photograph
