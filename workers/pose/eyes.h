// Two pairs of eyes for one picture: a model's own network, which knows rendered people, and
// networks for photographs, which all models share. Eyes decides who looks, and says who did.
//
// An IUV is read in the chart of the model it is for: its own network's are in that chart, a
// DensePose network's in DensePose's. No estimator's IUV is passed on in another chart.
#pragma once

#include <memory>
#include <string>

#include "engine/dense_pose.h"
#include "engine/perception.h"
#include "pose/keypoint_estimator.h"
#include "runtime/named_models.h"

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

/// A model that pictures are read for.
struct ModelEyes {
  /// What answers call its network.
  std::string name;
  /// One of kIuvCharts: the chart that it reads, and that its network's IUVs are in.
  std::string iuv_chart;
  /// Null where the model has none (the published ones).
  std::unique_ptr<engine::PoseEstimator> network;
};

struct Seen {
  KeypointEstimate body;
  std::string body_estimator;
  /// Empty when its estimator sees nobody.
  Image iuv;
  float iuv_confidence = 0;
  std::string iuv_estimator;
  /// Of the IUV, even when it is empty: the model's.
  std::string iuv_chart;
  /// `models/{model}`.
  std::string model;
};

/// Whether the model's network is so sure of its keypoints that the picture must show a rendered
/// person: the nine it is surest of have a mean confidence of at least 0.8.
bool SureOfKeypoints(const Keypoints& keypoints);

/// One thread at a time.
class Eyes {
 public:
  /// REQUIRES: at least one model.
  Eyes(runtime::NamedModels<ModelEyes> models, PhotographEyes photographs);
  /// One model called `name`, whose network reads the renderer's own chart.
  Eyes(std::unique_ptr<engine::PoseEstimator> network, std::string name,
       PhotographEyes photographs);

  /// Reads `picture` for `model` (`models/{model}`; empty: the first). NOT_FOUND (UNKNOWN_MODEL);
  /// FAILED_PRECONDITION: NO_PERSON when nobody is seen, NO_PHOTOGRAPH_NETWORKS when kPhotograph is
  /// asked for and there are none, NO_MODEL_NETWORK when kRendered is and the model has none,
  /// IUV_CHART when no estimator gives an IUV in the model's chart. REQUIRES: `picture` is RGB and
  /// not empty.
  Result<Seen> LookAt(const Image& picture, Look look, const std::string& model = {});

 private:
  Result<Seen> LookFor(ModelEyes& model, const Image& picture, Look look);
  Result<Seen> LookAtPhotograph(ModelEyes& model, const Image& picture,
                                const engine::PoseEstimate* estimate);
  bool ReadsIuvByDensePose(const ModelEyes& model) const;

  runtime::NamedModels<ModelEyes> models_;
  PhotographEyes photographs_;
};

}  // namespace atelier::pose
