#include "pose/eyes.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

#include "picture/given_iuv.h"
#include "pose/estimator_choice.h"
#include "pose/person_mask.h"
#include "runtime/named_models.h"

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

}  // namespace

bool SureOfKeypoints(const Keypoints& keypoints) {
  std::array<float, kKeypointCount> confidences;
  std::transform(keypoints.begin(), keypoints.end(), confidences.begin(),
                 [](const Keypoint& point) { return point.confidence; });
  std::sort(confidences.begin(), confidences.end(), std::greater<>());
  return std::accumulate(confidences.begin(), confidences.begin() + kSurestCount, 0.0f) >=
         kSurestCount * kSureConfidence;
}

Eyes::Eyes(std::unique_ptr<engine::PoseEstimator> model, std::string name,
           PhotographEyes photographs, std::string iuv_chart)
    : model_(std::move(model)),
      name_(std::move(name)),
      iuv_chart_(std::move(iuv_chart)),
      photographs_(std::move(photographs)) {
  if (iuv_chart_ != kDensePoseChart) photographs_.dense_pose = nullptr;
}

Result<Seen> Eyes::LookAt(const Image& picture, Look look) {
  if (look == Look::kRendered && !model_) {
    return MakeError(Code::kFailedPrecondition, "NO_MODEL_NETWORK",
                     "the model has no network for rendered people; ask for ESTIMATOR_PHOTOGRAPH");
  }
  if (!model_ && !photographs_.dense_pose) {
    return IuvChartError("no estimator of this service reads pictures in the chart \"" +
                             iuv_chart_ + "\" of " + runtime::ModelResource(name_),
                         iuv_chart_, "");
  }
  if (look == Look::kPhotograph || !model_) {
    if (!photographs_.keypoints) return NoPhotographNetworks();
    return LookAtPhotograph(picture, nullptr);
  }
  ATELIER_ASSIGN_OR_RETURN(const engine::PoseEstimate estimate, model_->Estimate(picture));
  const bool somebody = SeesSomebody(estimate.iuv, estimate.confidence);
  const bool doubtful = !somebody || !SureOfKeypoints(estimate.keypoints);
  if (look == Look::kAuto && doubtful && photographs_.keypoints) {
    Result<Seen> seen = LookAtPhotograph(picture, &estimate);
    if (seen || seen.error().reason != kNoPersonReason) return seen;
  }
  if (!somebody) return NoPerson();
  return SeenByModel(estimate);
}

Seen Eyes::SeenByModel(const engine::PoseEstimate& estimate) const {
  Seen seen;
  seen.body.keypoints = estimate.keypoints;
  seen.body.confidence = estimate.confidence;
  seen.body.mask = MaskOf(estimate.iuv);
  seen.body_estimator = seen.iuv_estimator = name_;
  seen.iuv = estimate.iuv;
  seen.iuv_confidence = estimate.confidence;
  return seen;
}

/// `model`: what the model's network sees, when it was asked already.
Result<Seen> Eyes::LookAtPhotograph(const Image& picture, const engine::PoseEstimate* model) {
  Seen seen;
  ATELIER_ASSIGN_OR_RETURN(seen.body, photographs_.keypoints->Estimate(picture));
  seen.body_estimator = photographs_.keypoints->name();
  if (photographs_.dense_pose) {
    ATELIER_ASSIGN_OR_RETURN(engine::IuvReading reading,
                             photographs_.dense_pose->Estimate(picture));
    seen.iuv_estimator = "densepose";
    seen.iuv = std::move(reading.iuv);
    seen.iuv_confidence = reading.confidence;
  } else {
    std::optional<engine::PoseEstimate> asked;
    if (model == nullptr) {
      ATELIER_ASSIGN_OR_RETURN(asked, model_->Estimate(picture));
      model = &*asked;
    }
    seen.iuv_estimator = name_;
    seen.iuv = model->iuv;
    seen.iuv_confidence = model->confidence;
  }
  if (!SeesSomebody(seen.iuv, seen.iuv_confidence)) seen.iuv = {};
  if (seen.body.mask.empty() && !seen.iuv.empty()) seen.body.mask = MaskOf(seen.iuv);
  return seen;
}

}  // namespace atelier::pose
