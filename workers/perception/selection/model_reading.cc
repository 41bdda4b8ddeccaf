#include "perception/selection/model_reading.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

#include "perception/person_limits.h"

namespace atelier::perception {
namespace {

constexpr double kMinPersonFraction = 0.005;
constexpr float kMinPartConfidence = 0.2f;
constexpr int kSurestCount = kKeypointCount / 2;
/// Of the picture's longer side: what two readings of one person differ by at most.
constexpr double kReach = 0.03;

/// Each keypoint's twin on the other side of the body, itself for nose and neck.
constexpr std::array<int, kKeypointCount> kTwin = {0,  1,  5, 6, 7,  2,  3,  4,  11,
                                                   12, 13, 8, 9, 10, 15, 14, 17, 16};

int PersonPixels(const Image& iuv) {
  int person = 0;
  for (size_t i = 0; i < iuv.data.size(); i += 3) person += iuv.data[i] != 0;
  return person;
}

double MeanOfSurest(std::array<double, kKeypointCount> confidences) {
  std::sort(confidences.begin(), confidences.end(), std::greater<>());
  return std::accumulate(confidences.begin(), confidences.begin() + kSurestCount, 0.0) /
         kSurestCount;
}

Image Mirrored(const Image& picture) {
  Image mirrored(picture.height, picture.width, picture.channels);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::copy_n(picture.at(y, x), picture.channels, mirrored.at(y, picture.width - 1 - x));
    }
  }
  return mirrored;
}

Keypoints MirroredBack(const Keypoints& keypoints, int width) {
  Keypoints back;
  for (int i = 0; i < kKeypointCount; ++i) {
    back[i] = keypoints[kTwin[i]];
    back[i].x = static_cast<float>(width) - back[i].x;
  }
  return back;
}

/// The surest reading of the picture on its sides and on its head; confidence 0 when none is sure.
Result<ModelReading> ReadTurned(engine::PoseEstimator& network, const Image& picture) {
  ModelReading best;
  for (int turns = 1; turns <= 3; ++turns) {
    const PersonFrame frame = WholePicture(picture, turns);
    ATELIER_ASSIGN_OR_RETURN(engine::PoseEstimate estimate,
                             EstimateInFrame(network, picture, frame));
    const double confidence = SurestConfidence(estimate.keypoints);
    if (SureOfPerson(estimate, frame) && confidence > best.confidence) {
      best = {std::move(estimate), confidence, kSureModelConfidence};
    }
  }
  return best;
}

}  // namespace

Result<engine::PoseEstimate> EstimateInFrame(engine::PoseEstimator& network, const Image& picture,
                                             const PersonFrame& frame) {
  ATELIER_ASSIGN_OR_RETURN(engine::PoseEstimate estimate,
                           network.Estimate(CutFrame(picture, frame)));
  estimate.iuv = PutBack(estimate.iuv, frame, picture.height, picture.width);
  estimate.keypoints = PutBack(estimate.keypoints, frame);
  return estimate;
}

bool ShowsPerson(const Image& iuv, float confidence, const PersonFrame& frame) {
  return confidence >= kMinPartConfidence &&
         PersonPixels(iuv) >= kMinPersonFraction * frame.width * frame.height;
}

double SurestConfidence(const Keypoints& keypoints) {
  std::array<double, kKeypointCount> confidences{};
  std::transform(keypoints.begin(), keypoints.end(), confidences.begin(),
                 [](const Keypoint& point) { return point.confidence; });
  return MeanOfSurest(confidences);
}

bool SureOfKeypoints(const Keypoints& keypoints) {
  return SurestConfidence(keypoints) >= kSureModelConfidence;
}

bool SureOfPerson(const engine::PoseEstimate& estimate, const PersonFrame& frame) {
  return SureOfKeypoints(estimate.keypoints) && estimate.confidence >= kSurePartConfidence &&
         ShowsPerson(estimate.iuv, estimate.confidence, frame);
}

double Agreement(const Keypoints& one, const Keypoints& other, int height, int width) {
  const double reach = kReach * std::max(height, width);
  std::array<double, kKeypointCount> agreed{};
  for (int i = 0; i < kKeypointCount; ++i) {
    const double apart = std::hypot(one[i].x - other[i].x, one[i].y - other[i].y) / reach;
    agreed[i] = std::min(one[i].confidence, other[i].confidence) * std::exp(-apart * apart);
  }
  return MeanOfSurest(agreed);
}

Result<ModelReading> ConfirmByMirror(engine::PoseEstimator& network, const std::string& name,
                                     const Image& picture, engine::PoseEstimate estimate) {
  ATELIER_ASSIGN_OR_RETURN(const engine::PoseEstimate mirrored,
                           network.Estimate(Mirrored(picture)));
  const bool shows_person = ShowsPerson(estimate.iuv, estimate.confidence, WholePicture(picture));
  const double agreement =
      shows_person ? Agreement(estimate.keypoints, MirroredBack(mirrored.keypoints, picture.width),
                               picture.height, picture.width)
                   : 0;
  if (agreement < kMinAgreement) return NoPerson(name, agreement, kMinAgreement);
  return ModelReading{std::move(estimate), agreement, kSureAgreement};
}

Result<ModelReading> ReadByModel(engine::PoseEstimator& network, const std::string& name,
                                 const Image& picture) {
  ATELIER_ASSIGN_OR_RETURN(engine::PoseEstimate estimate, network.Estimate(picture));
  const double confidence = SurestConfidence(estimate.keypoints);
  if (SureOfPerson(estimate, WholePicture(picture))) {
    return ModelReading{std::move(estimate), confidence, kSureModelConfidence};
  }
  Result<ModelReading> upright = ConfirmByMirror(network, name, picture, std::move(estimate));
  if (upright || upright.error().reason != kNoPersonReason) return upright;
  ATELIER_ASSIGN_OR_RETURN(ModelReading turned, ReadTurned(network, picture));
  if (turned.confidence > 0) return turned;
  return upright;
}

}  // namespace atelier::perception
