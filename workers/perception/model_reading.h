// Whether a model's own network sees a person, and how sure it is. Such a network was taught
// pictures with a person in each, and finds one in a landscape too; what gives it away is that it
// finds another one in the mirrored landscape.
#pragma once

#include <string>

#include "base/body.h"
#include "base/image.h"
#include "base/result.h"
#include "engine/perception.h"
#include "perception/keypoint_estimator.h"
#include "perception/person_frame.h"

namespace atelier::perception {

struct ModelReading {
  /// In the picture's pixels.
  engine::PoseEstimate estimate;
  /// 0..1, and from where on the network is sure.
  double confidence = 0;
  double sure_confidence = 0;
};

/// Of a reading of `frame`: fewer pixels than 0.5 % of it, or parts no surer than a guess among 25
/// would make them (0.2), are nobody.
bool SeesSomebody(const Image& iuv, float confidence, const PersonFrame& frame);

/// Mean confidence of the nine keypoints that it is surest of: the other half of a person may lie
/// outside of the picture.
double SurestConfidence(const Keypoints& keypoints);

/// Whether the network knows this kind of picture, and its keypoints are the better ones: a
/// SurestConfidence() of at least 0.8.
bool SureOfKeypoints(const Keypoints& keypoints);

/// Whether `frame` must show a person by this reading of it alone: it is sure of the keypoints, and
/// of the parts.
bool SureOfPerson(const engine::PoseEstimate& estimate, const PersonFrame& frame);

/// As SurestConfidence(), each confidence being the lower of two readings of the same picture and
/// the less the farther they lie apart: a third is left at 3 % of the longer side.
double Agreement(const Keypoints& one, const Keypoints& other, int height, int width);

/// What `network` reads in the frame, as if it had read the whole picture. Errors are the
/// network's.
Result<engine::PoseEstimate> EstimateInFrame(engine::PoseEstimator& network, const Image& picture,
                                             const PersonFrame& frame);

/// `estimate` is `network`'s of `picture`: how sure it is, by a second look at the mirrored
/// picture. FAILED_PRECONDITION (NO_PERSON) with the number when it sees nobody; errors of the
/// network.
Result<ModelReading> ConfirmByMirror(engine::PoseEstimator& network, const std::string& name,
                                     const Image& picture, engine::PoseEstimate estimate);

/// The person by `network` alone, upright or turned by quarter turns. Errors as ConfirmByMirror().
Result<ModelReading> ReadByModel(engine::PoseEstimator& network, const std::string& name,
                                 const Image& picture);

}  // namespace atelier::perception
