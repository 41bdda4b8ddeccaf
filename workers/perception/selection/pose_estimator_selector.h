// PoseEstimatorSelector: chooses the networks that read the pose of a picture, and says which it
// chose. There are a model's own network, which was trained on rendered people, and networks for
// photographs, which all models share.
//
// An IUV is in the chart of the model that it is for: the model's network gives it in that chart, a
// DensePose network in DensePose's, the body that is fitted to a photograph in the project's own.
// No estimator's IUV is passed on in another chart.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/iuv_chart.h"
#include "engine/perception.h"
#include "perception/dense_pose/dense_pose.h"
#include "perception/fit/body_reader.h"
#include "perception/keypoint_estimator.h"
#include "perception/person_frame.h"
#include "perception/person_measures.h"
#include "perception/selection/model_reading.h"

namespace atelier::perception {

using people::kBodyFitEstimator;

/// Which networks read a picture.
enum class EstimatorChoice {
  kAuto,        // the model's network for pictures that look rendered, else those for photographs
  kRendered,    // the model's network
  kPhotograph,  // those for photographs
};

/// Networks for photographs; several models may share them. Each may be null: none.
struct PhotographNetworks {
  std::shared_ptr<KeypointEstimator> keypoints;
  std::shared_ptr<DensePose> dense_pose;
  /// Gives the IUV where the keypoints are BlazePose's and the model's chart is the project's own.
  std::shared_ptr<BodyReader> body;
};

/// The pose of one person, and which estimator gave which part of it.
struct PersonEstimate {
  KeypointEstimate body;
  std::string body_estimator;
  /// Empty when its estimator finds no person.
  Image iuv;
  float iuv_confidence = 0;
  std::string iuv_estimator;
  PersonMeasures person;
  /// The fitted body, where one was fitted; its own `iuv` is empty. It gave the IUV where
  /// `iuv_estimator` is kBodyFitEstimator.
  std::optional<people::BodyFit> fit;
};

/// One thread at a time; selectors that share networks count as one.
class PoseEstimatorSelector {
 public:
  /// `name` is what answers call the model's network. `model` is null where the model has none (the
  /// published ones): then the networks for photographs read every picture. `iuv_chart`, one of
  /// kIuvCharts, is the one that the model reads; `photographs.dense_pose` and `.body` are not used
  /// for a model of another chart than theirs.
  PoseEstimatorSelector(std::unique_ptr<engine::PoseEstimator> model, std::string name,
                        PhotographNetworks photographs,
                        std::string iuv_chart = std::string(kAtelierChart));

  const std::string& name() const { return name_; }
  /// Of every IUV that Estimate() gives.
  const std::string& iuv_chart() const { return iuv_chart_; }

  /// FAILED_PRECONDITION: NO_PERSON when no person is found, NO_PHOTOGRAPH_NETWORKS when
  /// kPhotograph is asked for and there are none, NO_MODEL_NETWORK when kRendered is and the model
  /// has none, IUV_CHART when no estimator gives an IUV in the model's chart, HEAD_NOT_SEEN and
  /// FIT_POOR where the body cannot be fitted. `wanted`: a person other than the largest is read by
  /// the networks for photographs; errors as KeypointEstimator::EstimateOne(). REQUIRES: `picture`
  /// is RGB and not empty.
  Result<PersonEstimate> Estimate(const Image& picture, EstimatorChoice choice,
                                  const std::optional<PersonWanted>& wanted = std::nullopt);

 private:
  /// The model's network where it is sure of a single person, else those for photographs, else the
  /// model's network where its mirrored reading confirms it.
  Result<PersonEstimate> EstimateByBoth(const Image& picture);
  /// `whole`: what the model's network reads in the whole picture, when the keypoints may be its
  /// own (kAuto); else null.
  Result<PersonEstimate> EstimateFromPhotograph(const Image& picture,
                                                const engine::PoseEstimate* whole,
                                                const std::optional<PersonWanted>& wanted);
  /// The IUV of the person in `frame`, and with it the keypoints where they may be the model's.
  Status ReadParts(const Image& picture, const PersonFrame& frame,
                   const engine::PoseEstimate* whole, PersonEstimate& estimate);
  PersonEstimate FromModelReading(ModelReading reading) const;

  std::unique_ptr<engine::PoseEstimator> model_;
  std::string name_;
  std::string iuv_chart_;
  PhotographNetworks photographs_;
};

}  // namespace atelier::perception
