// KeypointEstimator: reads a person's keypoints from a photograph. Implemented by BlazePose and by
// keypoint networks that the owner of the service brings.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "base/result.h"

namespace atelier::perception {

inline constexpr int kBodyLandmarkCount = 33;

/// BlazePose's landmarks, in its order. Left and right are the person's.
inline constexpr std::array<std::string_view, kBodyLandmarkCount> kBodyLandmarkNames = {
    "nose",        "left_eye_inner",  "left_eye",        "left_eye_outer", "right_eye_inner",
    "right_eye",   "right_eye_outer", "left_ear",        "right_ear",      "mouth_left",
    "mouth_right", "left_shoulder",   "right_shoulder",  "left_elbow",     "right_elbow",
    "left_wrist",  "right_wrist",     "left_pinky",      "right_pinky",    "left_index",
    "right_index", "left_thumb",      "right_thumb",     "left_hip",       "right_hip",
    "left_knee",   "right_knee",      "left_ankle",      "right_ankle",    "left_heel",
    "right_heel",  "left_foot_index", "right_foot_index"};

/// The landmark of each of OpenPose's keypoints; the neck, which has none, is between the
/// shoulders.
inline constexpr std::array<int, kKeypointCount> kLandmarkOfKeypoint = {
    0, -1, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7};

struct BodyLandmark {
  /// Pixels of the picture; may lie outside.
  float x = 0;
  float y = 0;
  /// Pixels, about: 0 at the middle of the hips, smaller is nearer.
  float z = 0;
  /// Probabilities of being seen, and of being in the picture at all.
  float visibility = 0;
  float presence = 0;
};

/// Metres from the middle of the hips: x to the picture's right, y down, z away from the camera.
struct WorldLandmark {
  float x = 0;
  float y = 0;
  float z = 0;
};

struct KeypointEstimate {
  /// A point of confidence 0 is not there.
  Keypoints keypoints;
  /// How sure it is that this is a person, 0..1.
  float confidence = 0;
  /// From this confidence on it is sure; 0 where that was not measured.
  float sure_confidence = 0;
  /// People in the picture, the one that was read included; 1 when the estimator cannot count.
  int people = 1;
  /// 33, or empty when the estimator has none.
  std::vector<BodyLandmark> landmarks;
  /// The same landmarks in the world: as many.
  std::vector<WorldLandmark> world;
  /// One channel of the picture's size, 255 = surely the person; empty when the estimator has none.
  Image mask;
};

/// Which of several people is read.
struct PersonWanted {
  /// Pixels of the picture.
  struct Box {
    float left = 0;
    float top = 0;
    float right = 0;
    float bottom = 0;
  };
  /// Their place by size, 0 = the largest. Not asked where there is a box.
  int index = 0;
  /// About where they are.
  std::optional<Box> box;
};

/// One thread at a time.
class KeypointEstimator {
 public:
  virtual ~KeypointEstimator() = default;

  /// What answers call it: "blazepose".
  virtual std::string_view name() const = 0;

  /// The person in `picture`, the largest of several. FAILED_PRECONDITION (NO_PERSON) when there
  /// is none. REQUIRES: `picture` is RGB and not empty.
  virtual Result<KeypointEstimate> Estimate(const Image& picture) = 0;

  /// The person that `wanted` names. INVALID_ARGUMENT naming `person.index` when there are not so
  /// many, `person.box` when nobody is there, and `person` by estimators that cannot tell people
  /// apart; else as Estimate(). REQUIRES: `picture` is RGB and not empty.
  virtual Result<KeypointEstimate> EstimateOne(const Image& picture, const PersonWanted& wanted);

  /// How many people Estimate() would choose from, at a part of its cost; nothing when the
  /// estimator cannot count. REQUIRES: `picture` is RGB and not empty.
  virtual Result<std::optional<int>> CountPeople(const Image& /*picture*/) { return std::nullopt; }
};

/// The error of every estimator that finds no person, and its reason.
inline constexpr char kNoPersonReason[] = "NO_PERSON";
Unexpected NoPerson(const std::string& why);
/// `name`'s confidence of a person is below `limit`.
Unexpected NoPerson(std::string_view name, double confidence, double limit);
/// Neither of two estimators found a person; the message has both reasons.
Unexpected NoPerson(const Error& one, const Error& other);

}  // namespace atelier::perception
