#include "perception/selection/pose_estimator_selector.h"

#include <algorithm>
#include <utility>

#include "base/named_models.h"
#include "perception/person_limits.h"
#include "perception/person_mask.h"
#include "perception/selection/estimator_settings.h"
#include "perception/selection/flat_share.h"
#include "picture/given_iuv.h"

namespace atelier::perception {
namespace {

/// What a model's network that is sure of a person and the fitted body have in common of that
/// person: pixels in both over pixels in either, and the share of the former with the same part.
struct Overlap {
  double person = 0;
  double parts = 0;
};

Overlap OverlapOf(const Image& one, const Image& other) {
  int both = 0, either = 0, same = 0;
  for (size_t i = 0; i < one.data.size(); i += 3) {
    both += one.data[i] != 0 && other.data[i] != 0;
    either += one.data[i] != 0 || other.data[i] != 0;
    same += one.data[i] != 0 && one.data[i] == other.data[i];
  }
  return {both / std::max(1.0, double(either)), same / std::max(1.0, double(both))};
}

/// Whether a picture whose person a model's network is sure of is a rendered one, which it knows: a
/// network is sure of photographs, too, but reads their clothes' outlines and some backs wrongly.
/// `photograph` is what the networks for photographs read of `picture`.
bool LooksRendered(const Image& picture, const Image& model_iuv,
                   const Result<PersonEstimate>& photograph) {
  if (!photograph) return photograph.error().reason == kNoPersonReason;
  if (photograph->person.people != kOnePerson) return false;
  if (!photograph->fit) return true;
  if (photograph->fit->confidence < kSureFit) return true;
  if (FlatShare(picture) < kRenderedFlat) return false;
  const Overlap overlap = OverlapOf(model_iuv, photograph->iuv);
  return overlap.person >= kRenderedOverlap && overlap.parts >= kRenderedParts;
}

}  // namespace

PoseEstimatorSelector::PoseEstimatorSelector(std::unique_ptr<engine::PoseEstimator> model,
                                             std::string name, PhotographNetworks photographs,
                                             std::string iuv_chart)
    : model_(std::move(model)),
      name_(std::move(name)),
      iuv_chart_(std::move(iuv_chart)),
      photographs_(std::move(photographs)) {
  if (iuv_chart_ != kDensePoseChart) photographs_.dense_pose = nullptr;
  if (iuv_chart_ != kAtelierChart) photographs_.body = nullptr;
}

Result<PersonEstimate> PoseEstimatorSelector::Estimate(const Image& picture, EstimatorChoice choice,
                                                       const std::optional<PersonWanted>& wanted) {
  if (choice == EstimatorChoice::kRendered && !model_) {
    return MakeError(Code::kFailedPrecondition, "NO_MODEL_NETWORK",
                     "the model has no network for rendered people; ask for ESTIMATOR_PHOTOGRAPH");
  }
  if (!model_ && !photographs_.dense_pose && !photographs_.body) {
    return IuvChartError("no estimator of this service reads pictures in the chart \"" +
                             iuv_chart_ + "\" of " + ModelResource(name_),
                         iuv_chart_, "");
  }
  if (choice == EstimatorChoice::kRendered && wanted) {
    return InvalidField("person", "absent: the model's network reads the whole picture",
                        "a choice");
  }
  if (choice == EstimatorChoice::kPhotograph || !model_ || wanted) {
    if (!photographs_.keypoints) return NoPhotographNetworks();
    return EstimateFromPhotograph(picture, nullptr, wanted);
  }
  if (choice == EstimatorChoice::kAuto && photographs_.keypoints) return EstimateByBoth(picture);
  ATELIER_ASSIGN_OR_RETURN(ModelReading reading, ReadByModel(*model_, name_, picture));
  return FromModelReading(std::move(reading));
}

Result<PersonEstimate> PoseEstimatorSelector::EstimateByBoth(const Image& picture) {
  ATELIER_ASSIGN_OR_RETURN(engine::PoseEstimate estimate, model_->Estimate(picture));
  const bool sure = SureOfPerson(estimate, WholePicture(picture));
  const auto from_model = [&] {
    const double confidence = SurestConfidence(estimate.keypoints);
    return FromModelReading({std::move(estimate), confidence, kSureModelConfidence});
  };
  if (sure && !photographs_.body) {
    ATELIER_ASSIGN_OR_RETURN(const std::optional<int> people,
                             photographs_.keypoints->CountPeople(picture));
    if (people.value_or(kOnePerson) == kOnePerson) return from_model();
  }
  Result<PersonEstimate> photograph = EstimateFromPhotograph(picture, &estimate, std::nullopt);
  if (sure && photographs_.body && LooksRendered(picture, estimate.iuv, photograph)) {
    PersonEstimate rendered = from_model();
    // Its pose is taken over by photographed people as well.
    if (photograph && photograph->person.people == kOnePerson) rendered.fit = photograph->fit;
    return rendered;
  }
  if (photograph || photograph.error().reason != kNoPersonReason) return photograph;
  Result<ModelReading> confirmed = ConfirmByMirror(*model_, name_, picture, std::move(estimate));
  if (confirmed) return FromModelReading(std::move(*confirmed));
  if (confirmed.error().reason != kNoPersonReason) return Propagate(confirmed.error());
  return NoPerson(photograph.error(), confirmed.error());
}

PersonEstimate PoseEstimatorSelector::FromModelReading(ModelReading reading) const {
  PersonEstimate estimate;
  estimate.body.keypoints = reading.estimate.keypoints;
  estimate.body.confidence = static_cast<float>(reading.confidence);
  estimate.body.mask = MaskOf(reading.estimate.iuv);
  estimate.body_estimator = estimate.iuv_estimator = name_;
  estimate.iuv_confidence = reading.estimate.confidence;
  estimate.iuv = std::move(reading.estimate.iuv);
  estimate.person = {.confidence = reading.confidence,
                     .sure_confidence = reading.sure_confidence,
                     .outside = OutsideShare(estimate.body.keypoints),
                     .tilt_degrees = TiltDegrees(estimate.body.keypoints),
                     .height_pixels = HeightPixels(estimate.body.mask)};
  return estimate;
}

Result<PersonEstimate> PoseEstimatorSelector::EstimateFromPhotograph(
    const Image& picture, const engine::PoseEstimate* whole,
    const std::optional<PersonWanted>& wanted) {
  PersonEstimate estimate;
  ATELIER_ASSIGN_OR_RETURN(estimate.body,
                           wanted ? photographs_.keypoints->EstimateOne(picture, *wanted)
                                  : photographs_.keypoints->Estimate(picture));
  estimate.body_estimator = photographs_.keypoints->name();
  estimate.person = MeasurePerson(estimate.body, picture.height, picture.width);
  PersonFrame frame =
      FrameAround(PersonBox(estimate.body.mask), estimate.person.tilt_degrees, picture);
  if (estimate.person.people == kOnePerson && FillsPicture(frame, picture)) {
    frame = WholePicture(picture);
  }
  ATELIER_RETURN_IF_ERROR(ReadParts(picture, frame, whole, estimate));
  if (estimate.body.mask.empty() && !estimate.iuv.empty())
    estimate.body.mask = MaskOf(estimate.iuv);
  estimate.person.height_pixels = HeightPixels(estimate.body.mask);
  return estimate;
}

Status PoseEstimatorSelector::ReadParts(const Image& picture, const PersonFrame& frame,
                                        const engine::PoseEstimate* whole,
                                        PersonEstimate& estimate) {
  if (photographs_.dense_pose) {
    ATELIER_ASSIGN_OR_RETURN(const IuvReading reading,
                             photographs_.dense_pose->Estimate(CutFrame(picture, frame)));
    estimate.iuv_estimator = "densepose";
    estimate.iuv = PutBack(reading.iuv, frame, picture.height, picture.width);
    estimate.iuv_confidence = reading.confidence;
  } else if (photographs_.body && !estimate.body.world.empty()) {
    ATELIER_ASSIGN_OR_RETURN(estimate.fit, photographs_.body->Read(picture, estimate.body));
    estimate.iuv_estimator = kBodyFitEstimator;
    estimate.iuv = std::move(estimate.fit->iuv);
    estimate.iuv_confidence = static_cast<float>(estimate.fit->confidence);
    estimate.person.fit_confidence = estimate.fit->confidence;
    return {};
  } else if (!model_) {
    return NoPhotographNetworks();
  } else {
    engine::PoseEstimate reading;
    if (whole != nullptr && IsWhole(frame, picture)) {
      reading = *whole;
    } else {
      ATELIER_ASSIGN_OR_RETURN(reading, EstimateInFrame(*model_, picture, frame));
    }
    if (whole != nullptr && SureOfPerson(reading, frame)) {
      estimate.body.keypoints = reading.keypoints;
      estimate.body.landmarks.clear();
      estimate.body_estimator = name_;
    }
    estimate.iuv_estimator = name_;
    estimate.iuv = std::move(reading.iuv);
    estimate.iuv_confidence = reading.confidence;
  }
  if (!ShowsPerson(estimate.iuv, estimate.iuv_confidence, frame)) estimate.iuv = {};
  return {};
}

}  // namespace atelier::perception
