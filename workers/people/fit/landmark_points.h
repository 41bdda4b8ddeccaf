// Where each of BlazePose's landmarks lies on the body, and how far it is to be trusted.
#pragma once

#include <array>
#include <vector>

#include "people/fit/articulated_body.h"
#include "people/fit/observation.h"

namespace atelier::people {

/// One landmark that the fit uses.
struct LandmarkPoint {
  int landmark = 0;  // of BlazePose's 33
  SkinPoint point;
  double deviation = .02;  // metres that the network is off by, about
};

/// Two landmarks whose difference in depth is compared with the network's.
struct DepthPair {
  int from = 0;  // indices into LandmarkPoints::points
  int to = 0;
  bool across_torso = false;  // shoulder to shoulder or hip to hip
};

struct LandmarkPoints {
  std::vector<LandmarkPoint> points;
  std::vector<DepthPair> pairs;
};

/// Landmarks that are named outside of this file.
enum BlazeLandmark {
  kBlazeNose = 0,
  kBlazeLeftEye = 2,
  kBlazeRightEye = 5,
  kBlazeLeftEar = 7,
  kBlazeRightEar = 8,
  kBlazeLeftShoulder = 11,
  kBlazeRightShoulder = 12,
  kBlazeLeftElbow = 13,
  kBlazeRightElbow = 14,
  kBlazeLeftWrist = 15,
  kBlazeRightWrist = 16,
  kBlazeLeftPinky = 17,
  kBlazeRightPinky = 18,
  kBlazeLeftIndex = 19,
  kBlazeRightIndex = 20,
  kBlazeLeftHip = 23,
  kBlazeRightHip = 24,
  kBlazeLeftKnee = 25,
  kBlazeRightKnee = 26,
  kBlazeLeftAnkle = 27,
  kBlazeRightAnkle = 28,
  kBlazeLeftHeel = 29,
  kBlazeRightHeel = 30,
  kBlazeLeftToes = 31,
  kBlazeRightToes = 32,
};

LandmarkPoints MakeLandmarkPoints(const Body& body, const ArticulatedBody& articulated);

}  // namespace atelier::people
