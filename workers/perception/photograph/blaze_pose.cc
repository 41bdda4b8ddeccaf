#include "perception/photograph/blaze_pose.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "perception/person_limits.h"

namespace atelier::photograph {
namespace {

/// mediapipe's own limit.
constexpr float kMinPresence = 0.5f;
/// Points of a detected person: the middle of the hips, and the rim of a circle around the body.
constexpr size_t kHips = 0, kRim = 1;
/// A square of fewer pixels than this shows nothing, and would make a matrix without inverse.
constexpr float kMinRoiSide = 2;

// Outputs of pose_landmark_full, under the names that its file gives them.
constexpr char kRowsOutput[] = "Identity";
constexpr char kConfidenceOutput[] = "Identity_1";  // after the logistic function
constexpr char kMaskOutput[] = "Identity_2";
constexpr char kHeatOutput[] = "Identity_3";
constexpr char kWorldOutput[] = "Identity_4";

float BodyRadius(const Detection& person) {
  const cv::Point2f up = person.points[kRim] - person.points[kHips];
  return std::hypot(up.x, up.y);
}

/// Squares of half the longer side that overlap by half and cover the picture.
std::vector<Roi> HalfSizeParts(const Image& picture) {
  const float side = static_cast<float>(std::max(picture.width, picture.height)) / 2;
  const auto middles = [side](int length) {
    const int steps = static_cast<int>(std::ceil(static_cast<float>(length) / (side / 2)));
    std::vector<float> places;
    for (int i = 1; i < std::max(steps, 2); ++i) places.push_back(static_cast<float>(i) * side / 2);
    return places;
  };
  std::vector<Roi> parts;
  for (const float y : middles(picture.height)) {
    for (const float x : middles(picture.width)) parts.push_back({{x, y}, side, side, 0});
  }
  return parts;
}

/// Those whose circle's square overlaps the box, most of it first.
std::vector<Detection> PeopleIn(const perception::PersonWanted::Box& box,
                                std::vector<Detection> people) {
  const cv::Rect2f wanted(box.left, box.top, box.right - box.left, box.bottom - box.top);
  const auto overlap = [&wanted](const Detection& person) {
    const float radius = BodyRadius(person);
    const cv::Point2f middle = person.points[kHips];
    const cv::Rect2f square(middle.x - radius, middle.y - radius, 2 * radius, 2 * radius);
    const float both = (square & wanted).area();
    return both / (square.area() + wanted.area() - both);
  };
  std::erase_if(people, [&](const Detection& person) { return !(overlap(person) > 0); });
  std::stable_sort(people.begin(), people.end(),
                   [&](const Detection& a, const Detection& b) { return overlap(a) > overlap(b); });
  return people;
}

}  // namespace

Result<std::unique_ptr<BlazePose>> BlazePose::Load(const std::filesystem::path& folder) {
  ATELIER_ASSIGN_OR_RETURN(DnnNetwork detector, DnnNetwork::Load(folder / "pose_detection.onnx"));
  ATELIER_ASSIGN_OR_RETURN(DnnNetwork landmarks,
                           DnnNetwork::Load(folder / "pose_landmark_full.onnx"));
  return std::unique_ptr<BlazePose>(
      new BlazePose(SsdDetector(PersonDetectorSpec(), std::move(detector)), std::move(landmarks)));
}

Result<perception::KeypointEstimate> BlazePose::Estimate(const Image& picture) {
  return CatchOpenCv([&]() -> Result<perception::KeypointEstimate> {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<Detection> people, FindPeople(picture));
    float surest = 0;
    ATELIER_ASSIGN_OR_RETURN(auto found, ReadFirst(picture, people, 0, surest));
    if (!found) return perception::NoPerson(name(), surest, perception::kMinDetectedConfidence);
    return *std::move(found);
  });
}

Result<perception::KeypointEstimate> BlazePose::EstimateOne(
    const Image& picture, const perception::PersonWanted& wanted) {
  return CatchOpenCv([&]() -> Result<perception::KeypointEstimate> {
    ATELIER_ASSIGN_OR_RETURN(std::vector<Detection> people, FindPeople(picture));
    if (wanted.box) people = PeopleIn(*wanted.box, std::move(people));
    float surest = 0;
    ATELIER_ASSIGN_OR_RETURN(auto found,
                             ReadFirst(picture, people, wanted.box ? 0 : wanted.index, surest));
    if (found) {
      // The caller chose among them.
      found->people = 1;
      return *std::move(found);
    }
    if (wanted.box) return InvalidField("person.box", "where a person is", "a place of nobody");
    return InvalidField("person.index", "smaller than the number of people in the picture",
                        std::to_string(wanted.index));
  });
}

Result<std::optional<perception::KeypointEstimate>> BlazePose::ReadFirst(
    const Image& picture, const std::vector<Detection>& people, int skip, float& surest) {
  for (const Detection& person : people) {
    ATELIER_ASSIGN_OR_RETURN(const Reading reading, ReadTwice(picture, person));
    const float confidence = person.score * reading.presence;
    surest = std::max(surest, confidence);
    if (confidence < perception::kMinDetectedConfidence || skip-- > 0) continue;
    perception::KeypointEstimate estimate;
    estimate.landmarks.assign(reading.landmarks.begin(),
                              reading.landmarks.begin() + perception::kBodyLandmarkCount);
    estimate.world.assign(reading.world.begin(), reading.world.end());
    estimate.keypoints = KeypointsOf(estimate.landmarks, picture.height, picture.width);
    estimate.confidence = confidence;
    estimate.sure_confidence = perception::kSureDetectedConfidence;
    estimate.people = static_cast<int>(people.size());
    estimate.mask =
        DecodeMask(reading.mask_logits.ptr<float>(), reading.to_cut, picture.height, picture.width);
    return estimate;
  }
  return std::nullopt;
}

Result<std::optional<int>> BlazePose::CountPeople(const Image& picture) {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<Detection> people, FindPeople(picture));
  return static_cast<int>(people.size());
}

Result<std::vector<Detection>> BlazePose::FindPeople(const Image& picture) {
  ATELIER_ASSIGN_OR_RETURN(std::vector<Detection> people,
                           detector_.Detect(picture, SquareAround(picture)));
  const bool in_whole = std::any_of(people.begin(), people.end(), [](const Detection& one) {
    return one.score >= perception::kMinDetectedConfidence;
  });
  if (!in_whole) {
    ATELIER_ASSIGN_OR_RETURN(std::vector<Detection> small, FindSmallPeople(picture));
    if (!small.empty()) people = std::move(small);
  }
  std::stable_sort(people.begin(), people.end(), [](const Detection& a, const Detection& b) {
    return BodyRadius(a) > BodyRadius(b);
  });
  return people;
}

Result<std::vector<Detection>> BlazePose::FindSmallPeople(const Image& picture) {
  std::vector<Detection> people;
  for (const Roi& part : HalfSizeParts(picture)) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<Detection> found, detector_.Detect(picture, part));
    std::copy_if(found.begin(), found.end(), std::back_inserter(people),
                 [](const Detection& one) { return one.score >= perception::kMinPartScore; });
  }
  return MergeOverlapping(std::move(people));
}

Result<BlazePose::Reading> BlazePose::ReadTwice(const Image& picture, const Detection& person) {
  ATELIER_ASSIGN_OR_RETURN(
      Reading first,
      ReadLandmarks(picture, UprightRoi(person.points[kHips], person.points[kRim], kBodyScale)));
  // The second reading follows the first one's landmarks, which mean nothing where there is no
  // person.
  if (first.presence < kMinPresence) return first;
  ATELIER_ASSIGN_OR_RETURN(Reading second, ReadLandmarks(picture, RoiOf(first.landmarks)));
  second.presence = std::min(first.presence, second.presence);
  return second;
}

Result<BlazePose::Reading> BlazePose::ReadLandmarks(const Image& picture, const Roi& roi) {
  if (!(roi.width >= kMinRoiSide)) return Reading{};
  const CutOptions options{{kLandmarkSize, kLandmarkSize}, Outside::kRepeatedBorder};
  const Cut cut = CutOut(picture, roi, options);
  ATELIER_ASSIGN_OR_RETURN(const std::vector<cv::Mat> outputs,
                           network_.Run(cut.blob, {kRowsOutput, kConfidenceOutput, kMaskOutput,
                                                   kHeatOutput, kWorldOutput}));
  ATELIER_RETURN_IF_ERROR(RequireFloats(outputs[0], kLandmarkRows * kLandmarkColumns, kRowsOutput));
  ATELIER_RETURN_IF_ERROR(RequireFloats(outputs[1], 1, kConfidenceOutput));
  ATELIER_RETURN_IF_ERROR(RequireFloats(outputs[2], kLandmarkSize * kLandmarkSize, kMaskOutput));
  ATELIER_RETURN_IF_ERROR(
      RequireFloats(outputs[3], kLandmarkRows * kHeatSize * kHeatSize, kHeatOutput));
  ATELIER_RETURN_IF_ERROR(RequireFloats(outputs[4], kLandmarkRows * kWorldColumns, kWorldOutput));
  Reading reading;
  reading.presence = outputs[1].ptr<float>()[0];
  reading.landmarks = DecodeLandmarks(outputs[0].ptr<float>(), outputs[3].ptr<float>(), roi);
  reading.world = DecodeWorldLandmarks(outputs[4].ptr<float>(), roi);
  reading.mask_logits = outputs[2];
  reading.to_cut = cut.to_cut;
  return reading;
}

}  // namespace atelier::photograph
