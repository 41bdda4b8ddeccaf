// Two pairs of eyes for one picture: the model's own network, which knows rendered people, and
// networks for photographs. Eyes decides who looks, and says who did.
#pragma once

#include <memory>
#include <string>

#include "engine/dense_pose.h"
#include "engine/perception.h"
#include "pose/keypoint_estimator.h"

namespace atelier::pose {

/// Whom to ask.
enum class Look {
  kAuto,        // the model's network where it is sure, else those for photographs
  kRendered,    // the model's network
  kPhotograph,  // those for photographs
};

/// Networks for photographs. Each may be null: none.
struct PhotographEyes {
  std::unique_ptr<KeypointEstimator> keypoints;
  std::unique_ptr<engine::DensePose> dense_pose;
};

struct Seen {
  KeypointEstimate body;
  std::string body_estimator;
  /// Empty when its estimator sees nobody.
  Image iuv;
  float iuv_confidence = 0;
  std::string iuv_estimator;
};

/// Whether the model's network is so sure of its keypoints that the picture must show a rendered
/// person: the nine it is surest of have a mean confidence of at least 0.8.
bool SureOfKeypoints(const Keypoints& keypoints);

/// One thread at a time.
class Eyes {
 public:
  /// `name` is what answers call the model's network. `model` is null where the model has none (the
  /// published ones): then those for photographs always look. REQUIRES: `model`, or both of
  /// `photographs`.
  Eyes(std::unique_ptr<engine::PoseEstimator> model, std::string name, PhotographEyes photographs);

  /// FAILED_PRECONDITION: NO_PERSON when nobody is seen, NO_PHOTOGRAPH_NETWORKS when kPhotograph is
  /// asked for and there are none. REQUIRES: `picture` is RGB and not empty.
  Result<Seen> LookAt(const Image& picture, Look look);

 private:
  Result<Seen> LookAtPhotograph(const Image& picture, const engine::PoseEstimate* model);
  Seen SeenByModel(const engine::PoseEstimate& estimate) const;

  std::unique_ptr<engine::PoseEstimator> model_;
  std::string name_;
  PhotographEyes photographs_;
};

}  // namespace atelier::pose
