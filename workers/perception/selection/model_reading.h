// Whether a model's own pose network finds a person, and how sure it is. Such a network was trained
// on pictures that all show a person, so it also finds one in a landscape. A false one is
// recognised by reading the mirrored picture too: there the network finds another person.
#pragma once

#include <string>

#include "base/body.h"
#include "base/image.h"
#include "base/result.h"
#include "engine/perception.h"
#include "perception/keypoint_estimator.h"
#include "perception/person_frame.h"

namespace atelier::perception {

/// What a model's network read, and how far it can be trusted.
struct ModelReading {
  /// In the picture's pixels.
  engine::PoseEstimate estimate;
  /// 0..1, and the confidence from which on the network is sure.
  double confidence = 0;
  double sure_confidence = 0;
};

/// Whether the reading of `frame` is a person: at least 0.5 % of its pixels, and parts surer than a
/// guess among 25 would make them (0.2).
bool ShowsPerson(const Image& iuv, float confidence, const PersonFrame& frame);

/// Mean confidence of the nine keypoints that it is surest of: the other half of a person may lie
/// outside of the picture.
double SurestConfidence(const Keypoints& keypoints);

/// Whether the picture is of the kind that the network was trained on, so that its keypoints are
/// better than those of the networks for photographs: a SurestConfidence() of at least 0.8.
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

/// How sure `network`'s `estimate` of `picture` is, by reading the mirrored picture too.
/// FAILED_PRECONDITION (NO_PERSON) with the number when that finds no person; errors of the
/// network.
Result<ModelReading> ConfirmByMirror(engine::PoseEstimator& network, const std::string& name,
                                     const Image& picture, engine::PoseEstimate estimate);

/// The person by `network` alone, upright or turned by quarter turns. Errors as ConfirmByMirror().
Result<ModelReading> ReadByModel(engine::PoseEstimator& network, const std::string& name,
                                 const Image& picture);

}  // namespace atelier::perception
