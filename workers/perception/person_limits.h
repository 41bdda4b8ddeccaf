// Limits from which on there are errors and warnings about the person in a picture.
// docs/photographs.md has what was measured on either side of each.
#pragma once

namespace atelier::perception {

/// BlazePose has found no person below this: its detector's score times the lower of its two
/// presences. Pictures without people stayed below 0.57, whole people above 0.6.
inline constexpr double kMinDetectedConfidence = 0.58;
/// Score of the detector in a part of the picture: parts of landscapes and of animals reached 0.57,
/// people 96 pixels tall had 0.9.
inline constexpr double kMinPartScore = 0.75;
/// A person whom BlazePose is less sure of than this gets a warning; most are above 0.9.
inline constexpr double kSureDetectedConfidence = 0.75;

/// The model's network is sure of its keypoints from this mean confidence of the nine surest.
inline constexpr double kSureModelConfidence = 0.8;
/// It is sure of a person only with parts as sure as this: a landscape reached 0.87 and 0.66 in
/// both.
inline constexpr double kSurePartConfidence = 0.7;
/// Where it is not sure, the picture is read mirrored too, and this much of the keypoints'
/// confidence must be left where both readings agree: noise had at most 0.17, landscapes 0.40, a
/// bare column before a wall 0.54, whole rendered people at least 0.71.
inline constexpr double kMinAgreement = 0.55;
inline constexpr double kSureAgreement = 0.7;

/// More than this many people in a picture are a warning.
inline constexpr int kOnePerson = 1;
/// A picture is rendered when the model's network and the fitted body agree this far on who is
/// where, and on the parts: docs/photographs.md has what was measured.
inline constexpr double kRenderedOverlap = 0.78;
inline constexpr double kRenderedParts = 0.72;
/// And when it is at least as clean as this (selection/flat_share.h).
inline constexpr double kRenderedFlat = 0.54;
/// A fitted body that agrees less than this may be the wrong way round (people::BodyFit).
inline constexpr double kSureFit = 0.5;
/// Share of the keypoints outside of the picture: feet alone are 0.12, legs from the knees 0.24, a
/// head 0.29.
inline constexpr double kMaxOutside = 0.2;
/// Degrees: people who stand, walk and bend were below 38, quarter turns above 64.
inline constexpr double kMaxTilt = 60;
/// Pixels of a person's height: at 118 0.93 of the parts are read as in a whole picture, at 88
/// 0.84.
inline constexpr double kMinHeight = 96;

}  // namespace atelier::perception
