#include "perception/pose_estimator_selector.h"

#include <utility>

#include "base/named_models.h"
#include "perception/estimator_settings.h"
#include "perception/person_limits.h"
#include "perception/person_mask.h"
#include "picture/given_iuv.h"

namespace atelier::perception {

PoseEstimatorSelector::PoseEstimatorSelector(std::unique_ptr<engine::PoseEstimator> model,
                                             std::string name, PhotographNetworks photographs,
                                             std::string iuv_chart)
    : model_(std::move(model)),
      name_(std::move(name)),
      iuv_chart_(std::move(iuv_chart)),
      photographs_(std::move(photographs)) {
  if (iuv_chart_ != kDensePoseChart) photographs_.dense_pose = nullptr;
}

Result<PersonEstimate> PoseEstimatorSelector::Estimate(const Image& picture,
                                                       EstimatorChoice choice) {
  if (choice == EstimatorChoice::kRendered && !model_) {
    return MakeError(Code::kFailedPrecondition, "NO_MODEL_NETWORK",
                     "the model has no network for rendered people; ask for ESTIMATOR_PHOTOGRAPH");
  }
  if (!model_ && !photographs_.dense_pose) {
    return IuvChartError("no estimator of this service reads pictures in the chart \"" +
                             iuv_chart_ + "\" of " + ModelResource(name_),
                         iuv_chart_, "");
  }
  if (choice == EstimatorChoice::kPhotograph || !model_) {
    if (!photographs_.keypoints) return NoPhotographNetworks();
    return EstimateFromPhotograph(picture, nullptr);
  }
  if (choice == EstimatorChoice::kAuto && photographs_.keypoints) return EstimateByBoth(picture);
  ATELIER_ASSIGN_OR_RETURN(ModelReading reading, ReadByModel(*model_, name_, picture));
  return FromModelReading(std::move(reading));
}

Result<PersonEstimate> PoseEstimatorSelector::EstimateByBoth(const Image& picture) {
  ATELIER_ASSIGN_OR_RETURN(engine::PoseEstimate estimate, model_->Estimate(picture));
  if (SureOfPerson(estimate, WholePicture(picture))) {
    ATELIER_ASSIGN_OR_RETURN(const std::optional<int> people,
                             photographs_.keypoints->CountPeople(picture));
    if (people.value_or(kOnePerson) == kOnePerson) {
      const double confidence = SurestConfidence(estimate.keypoints);
      return FromModelReading({std::move(estimate), confidence, kSureModelConfidence});
    }
  }
  Result<PersonEstimate> seen = EstimateFromPhotograph(picture, &estimate);
  if (seen || seen.error().reason != kNoPersonReason) return seen;
  Result<ModelReading> confirmed = ConfirmByMirror(*model_, name_, picture, std::move(estimate));
  if (confirmed) return FromModelReading(std::move(*confirmed));
  if (confirmed.error().reason != kNoPersonReason) return Propagate(confirmed.error());
  return NoPerson(seen.error(), confirmed.error());
}

PersonEstimate PoseEstimatorSelector::FromModelReading(ModelReading reading) const {
  PersonEstimate seen;
  seen.body.keypoints = reading.estimate.keypoints;
  seen.body.confidence = static_cast<float>(reading.confidence);
  seen.body.mask = MaskOf(reading.estimate.iuv);
  seen.body_estimator = seen.iuv_estimator = name_;
  seen.iuv_confidence = reading.estimate.confidence;
  seen.iuv = std::move(reading.estimate.iuv);
  seen.person = {.confidence = reading.confidence,
                 .sure_confidence = reading.sure_confidence,
                 .outside = OutsideShare(seen.body.keypoints),
                 .tilt_degrees = TiltDegrees(seen.body.keypoints),
                 .height_pixels = HeightPixels(seen.body.mask)};
  return seen;
}

Result<PersonEstimate> PoseEstimatorSelector::EstimateFromPhotograph(
    const Image& picture, const engine::PoseEstimate* whole) {
  PersonEstimate seen;
  ATELIER_ASSIGN_OR_RETURN(seen.body, photographs_.keypoints->Estimate(picture));
  seen.body_estimator = photographs_.keypoints->name();
  seen.person = MeasurePerson(seen.body, picture.height, picture.width);
  PersonFrame frame = FrameAround(PersonBox(seen.body.mask), seen.person.tilt_degrees, picture);
  if (seen.person.people == kOnePerson && FillsPicture(frame, picture)) {
    frame = WholePicture(picture);
  }
  ATELIER_RETURN_IF_ERROR(ReadParts(picture, frame, whole, seen));
  if (seen.body.mask.empty() && !seen.iuv.empty()) seen.body.mask = MaskOf(seen.iuv);
  seen.person.height_pixels = HeightPixels(seen.body.mask);
  return seen;
}

Status PoseEstimatorSelector::ReadParts(const Image& picture, const PersonFrame& frame,
                                        const engine::PoseEstimate* whole, PersonEstimate& seen) {
  if (photographs_.dense_pose) {
    ATELIER_ASSIGN_OR_RETURN(const IuvReading reading,
                             photographs_.dense_pose->Estimate(CutFrame(picture, frame)));
    seen.iuv_estimator = "densepose";
    seen.iuv = PutBack(reading.iuv, frame, picture.height, picture.width);
    seen.iuv_confidence = reading.confidence;
  } else {
    engine::PoseEstimate estimate;
    if (whole != nullptr && IsWhole(frame, picture)) {
      estimate = *whole;
    } else {
      ATELIER_ASSIGN_OR_RETURN(estimate, EstimateInFrame(*model_, picture, frame));
    }
    if (whole != nullptr && SureOfPerson(estimate, frame)) {
      seen.body.keypoints = estimate.keypoints;
      seen.body.landmarks.clear();
      seen.body_estimator = name_;
    }
    seen.iuv_estimator = name_;
    seen.iuv = std::move(estimate.iuv);
    seen.iuv_confidence = estimate.confidence;
  }
  if (!SeesSomebody(seen.iuv, seen.iuv_confidence, frame)) seen.iuv = {};
  return {};
}

}  // namespace atelier::perception
