// Keypoint networks that the owner of the service brings: OpenPose's heat maps or RTMPose's SimCC,
// recognised by their outputs. docs/photographs.md is their contract.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>

#include "perception/keypoint_estimator.h"
#include "perception/photograph/roi.h"

namespace atelier::photograph {

/// `size` is that of the pictures which the network takes; 0 in either side means the usual one:
/// 368 x 368 for OpenPose, 192 x 256 for RTMPose. Errors as DnnNetwork::Load(), and
/// INVALID_ARGUMENT (UNKNOWN_KEYPOINT_NETWORK), which lists the outputs found, when they are
/// neither's.
Result<std::unique_ptr<perception::KeypointEstimator>> LoadKeypointNetwork(
    const std::filesystem::path& file, cv::Size size);

/// OpenPose's 18 keypoints from heat maps, [18 or more, height, width] floats in its COCO order:
/// the mean place of the 5x5 cells around each peak. A point whose peak is below 0.1 is not there.
/// `height` and `width` are cells.
Keypoints DecodeHeatMaps(const float* maps, int height, int width, const Roi& roi);

/// OpenPose's 18 keypoints from SimCC, [points, columns] and [points, rows] floats of 17 or more
/// points, the first 17 in COCO's order. The neck is the middle of the shoulders; a point of a
/// score below 0.3 is not there. The score is the lower of both axes' largest values, at most 1.
Keypoints DecodeSimcc(const float* x, int columns, const float* y, int rows, const Roi& roi);

}  // namespace atelier::photograph
