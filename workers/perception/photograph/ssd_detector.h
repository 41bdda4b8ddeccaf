// mediapipe's single-shot detectors, of persons and of faces: a grid of anchors, each of which may
// give a box and a few points.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "perception/photograph/dnn_network.h"
#include "perception/photograph/roi.h"

namespace atelier::photograph {

/// One grid of anchors: a cell every `stride` pixels, `copies` anchors in its middle.
struct AnchorGrid {
  int stride = 0;
  int copies = 0;
};

struct SsdSpec {
  /// Side of the network's picture.
  int size = 0;
  std::vector<AnchorGrid> grids;
  /// Points beside the box.
  int points = 0;
  std::string boxes_output;
  std::string scores_output;
};

/// pose_detection: points are the middle of the hips, the rim of a circle around the whole body,
/// and the same two of the upper body.
const SsdSpec& PersonDetectorSpec();
/// face_detection_short_range: points are right eye, left eye, nose, mouth, right and left ear.
const SsdSpec& FaceDetectorSpec();

/// Coordinates are fractions of the network's picture, or pixels, as each function says.
struct Detection {
  cv::Rect2f box;
  float score = 0;
  std::vector<cv::Point2f> points;
};

/// Middles of the anchors as fractions, in the order of the network's rows.
std::vector<cv::Point2f> AnchorsOf(const SsdSpec& spec);

/// The detections of a score (after the logistic function) of at least 0.5, in fractions.
/// `boxes`: [anchors, 4 + 2 points] of (x, y of the middle, width, height, x, y, ...) in pixels of
/// the network's picture, relative to the anchor; `scores`: [anchors], before the logistic
/// function.
std::vector<Detection> DecodeDetections(const SsdSpec& spec,
                                        const std::vector<cv::Point2f>& anchors, const float* boxes,
                                        const float* scores);

/// Detections of one thing (an overlap of more than 0.3) as one: boxes and points are averaged,
/// weighted by score; the score is the best. Best first.
std::vector<Detection> MergeOverlapping(std::vector<Detection> detections);

class SsdDetector {
 public:
  SsdDetector(SsdSpec spec, DnnNetwork network);

  /// Everything found in the upright square `where` of `picture`, in its pixels, best first.
  Result<std::vector<Detection>> Detect(const Image& picture, const Roi& where);

 private:
  const SsdSpec spec_;
  const std::vector<cv::Point2f> anchors_;
  DnnNetwork network_;
};

}  // namespace atelier::photograph
