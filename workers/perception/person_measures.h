// What can be measured of the person in a picture, and the warnings that follow from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "base/warning.h"
#include "perception/keypoint_estimator.h"

namespace atelier::perception {

struct PersonMeasures {
  /// How sure the estimator is that there is a person, 0..1, and from where on it is sure.
  double confidence = 0;
  double sure_confidence = 0;
  /// People in the picture, the one that was read included.
  int people = 1;
  /// Share of the keypoints that lie outside of the picture, 0..1; nothing where the estimator does
  /// not tell hidden points from those outside.
  std::optional<double> outside;
  /// Degrees clockwise from upright to the line from the hips to the neck, -180..180; nothing where
  /// those are not seen.
  std::optional<double> tilt_degrees;
  /// Pixels of the longer side of the box around the person; nothing without a mask.
  std::optional<double> height_pixels;
  /// How well the fitted body agrees with the picture, 0..1; nothing where none was fitted.
  std::optional<double> fit_confidence;
};

/// Of the person that an estimator for photographs read in a picture of this size. The mask may be
/// empty.
PersonMeasures MeasurePerson(const KeypointEstimate& body, int height, int width);

/// PERSON_UNSURE, SEVERAL_PEOPLE, PERSON_CUT_OFF, PERSON_UPSIDE_DOWN, PERSON_SMALL and BODY_UNSURE,
/// as person_limits.h says, about the request's field `field`.
std::vector<Warning> WarningsOf(const PersonMeasures& person, const std::string& field);

/// Of BlazePose's landmarks, which have places outside of the picture too. The neck does not count.
double OutsideShare(const std::vector<BodyLandmark>& landmarks, int height, int width);
/// Of the model's keypoints, which have little confidence where they lie outside.
double OutsideShare(const Keypoints& keypoints);

std::optional<double> TiltDegrees(const std::vector<BodyLandmark>& landmarks);
/// Nothing when the neck or both hips have little confidence.
std::optional<double> TiltDegrees(const Keypoints& keypoints);

/// The box around the largest piece of `mask` (one channel, the person from 128 on); empty without
/// any.
Box PersonBox(const Image& mask);
/// The longer side of PersonBox(); nothing without one.
std::optional<double> HeightPixels(const Image& mask);

}  // namespace atelier::perception
