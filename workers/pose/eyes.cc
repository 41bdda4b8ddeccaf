#include "pose/eyes.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

#include "base/iuv_chart.h"
#include "picture/given_iuv.h"
#include "pose/estimator_choice.h"
#include "pose/person_mask.h"

namespace atelier::pose {
namespace {

/// Below either of these nobody is in the picture: a few stray pixels, or parts no surer than a
/// guess among 25 classes would make them.
constexpr double kMinPersonFraction = 0.005;
constexpr float kMinConfidence = 0.2f;

/// The surer half: the other half of a person may lie outside of the picture.
constexpr int kSurestCount = kKeypointCount / 2;
/// Of the surer half's mean. docs/photographs.md has what was measured on either side.
constexpr float kSureConfidence = 0.8f;

double PersonFraction(const Image& iuv) {
  size_t person = 0;
  for (size_t i = 0; i < iuv.data.size(); i += 3) person += iuv.data[i] != 0;
  return 3.0 * static_cast<double>(person) / static_cast<double>(iuv.data.size());
}

bool SeesSomebody(const Image& iuv, float confidence) {
  return confidence >= kMinConfidence && PersonFraction(iuv) >= kMinPersonFraction;
}

Unexpected NoIuvEstimator(const ModelEyes& model) {
  return IuvChartError("no estimator of this service reads pictures in the chart \"" +
                           model.iuv_chart + "\" of " + runtime::ModelResource(model.name),
                       model.iuv_chart, "");
}

Seen SeenByModel(const ModelEyes& model, const engine::PoseEstimate& estimate) {
  Seen seen;
  seen.body.keypoints = estimate.keypoints;
  seen.body.confidence = estimate.confidence;
  seen.body.mask = MaskOf(estimate.iuv);
  seen.body_estimator = seen.iuv_estimator = model.name;
  seen.iuv = estimate.iuv;
  seen.iuv_confidence = estimate.confidence;
  return seen;
}

runtime::NamedModels<ModelEyes> OneModel(std::unique_ptr<engine::PoseEstimator> network,
                                         std::string name) {
  runtime::NamedModels<ModelEyes> models;
  // The first name is never taken.
  (void)models.Add(name, {name, std::string(kAtelierChart), std::move(network)});
  return models;
}

}  // namespace

bool SureOfKeypoints(const Keypoints& keypoints) {
  std::array<float, kKeypointCount> confidences;
  std::transform(keypoints.begin(), keypoints.end(), confidences.begin(),
                 [](const Keypoint& point) { return point.confidence; });
  std::sort(confidences.begin(), confidences.end(), std::greater<>());
  return std::accumulate(confidences.begin(), confidences.begin() + kSurestCount, 0.0f) >=
         kSurestCount * kSureConfidence;
}

Eyes::Eyes(runtime::NamedModels<ModelEyes> models, PhotographEyes photographs)
    : models_(std::move(models)), photographs_(std::move(photographs)) {}

Eyes::Eyes(std::unique_ptr<engine::PoseEstimator> network, std::string name,
           PhotographEyes photographs)
    : Eyes(OneModel(std::move(network), std::move(name)), std::move(photographs)) {}

Result<Seen> Eyes::LookAt(const Image& picture, Look look, const std::string& model_name) {
  ATELIER_ASSIGN_OR_RETURN(ModelEyes * model, models_.Find(model_name));
  ATELIER_ASSIGN_OR_RETURN(Seen seen, LookFor(*model, picture, look));
  seen.model = runtime::ModelResource(model->name);
  seen.iuv_chart = model->iuv_chart;
  return seen;
}

Result<Seen> Eyes::LookFor(ModelEyes& model, const Image& picture, Look look) {
  if (look == Look::kRendered && !model.network) {
    return MakeError(Code::kFailedPrecondition, "NO_MODEL_NETWORK",
                     "the model has no network for rendered people; ask for ESTIMATOR_PHOTOGRAPH");
  }
  if (!model.network && !ReadsIuvByDensePose(model)) return NoIuvEstimator(model);
  if (look == Look::kPhotograph || !model.network) {
    if (!photographs_.keypoints) return NoPhotographNetworks();
    return LookAtPhotograph(model, picture, nullptr);
  }
  ATELIER_ASSIGN_OR_RETURN(const engine::PoseEstimate estimate, model.network->Estimate(picture));
  const bool somebody = SeesSomebody(estimate.iuv, estimate.confidence);
  const bool doubtful = !somebody || !SureOfKeypoints(estimate.keypoints);
  if (look == Look::kAuto && doubtful && photographs_.keypoints) {
    Result<Seen> seen = LookAtPhotograph(model, picture, &estimate);
    if (seen || seen.error().reason != kNoPersonReason) return seen;
  }
  if (!somebody) return NoPerson();
  return SeenByModel(model, estimate);
}

bool Eyes::ReadsIuvByDensePose(const ModelEyes& model) const {
  return photographs_.dense_pose && model.iuv_chart == kDensePoseChart;
}

/// `estimate`: what the model's network sees, when it was asked already.
Result<Seen> Eyes::LookAtPhotograph(ModelEyes& model, const Image& picture,
                                    const engine::PoseEstimate* estimate) {
  Seen seen;
  ATELIER_ASSIGN_OR_RETURN(seen.body, photographs_.keypoints->Estimate(picture));
  seen.body_estimator = photographs_.keypoints->name();
  if (ReadsIuvByDensePose(model)) {
    ATELIER_ASSIGN_OR_RETURN(engine::IuvReading reading,
                             photographs_.dense_pose->Estimate(picture));
    seen.iuv_estimator = "densepose";
    seen.iuv = std::move(reading.iuv);
    seen.iuv_confidence = reading.confidence;
  } else {
    std::optional<engine::PoseEstimate> asked;
    if (estimate == nullptr) {
      ATELIER_ASSIGN_OR_RETURN(asked, model.network->Estimate(picture));
      estimate = &*asked;
    }
    seen.iuv_estimator = model.name;
    seen.iuv = estimate->iuv;
    seen.iuv_confidence = estimate->confidence;
  }
  if (!SeesSomebody(seen.iuv, seen.iuv_confidence)) seen.iuv = {};
  if (seen.body.mask.empty() && !seen.iuv.empty()) seen.body.mask = MaskOf(seen.iuv);
  return seen;
}

}  // namespace atelier::pose
