#include "perception/person_measures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <opencv2/imgproc.hpp>

#include "imaging/view_of.h"
#include "perception/person_limits.h"

namespace atelier::perception {
namespace {

constexpr int kNose = 0, kNeck = 1, kRightHip = 8, kLeftHip = 11;
constexpr int kLeftShoulderMark = 11, kRightShoulderMark = 12, kLeftHipMark = 23,
              kRightHipMark = 24;
/// The model's network was taught points behind the body as well as visible ones: those below this
/// are outside.
constexpr float kInsideConfidence = 0.3f;
constexpr uint8_t kPersonPixel = 128;
constexpr double kDegreesPerRadian = 180 / 3.14159265358979323846;

struct Place {
  double x = 0, y = 0;
};

template <typename Point>
Place MiddleOf(const Point& a, const Point& b) {
  return {(a.x + b.x) / 2.0, (a.y + b.y) / 2.0};
}

std::optional<double> TiltBetween(const Place& hips, const Place& neck) {
  const double right = neck.x - hips.x, up = hips.y - neck.y;
  if (right == 0 && up == 0) return std::nullopt;
  return std::atan2(right, up) * kDegreesPerRadian;
}

template <typename... Numbers>
std::string Text(const char* format, Numbers... numbers) {
  char text[256];
  std::snprintf(text, sizeof text, format, numbers...);
  return text;
}

}  // namespace

double OutsideShare(const std::vector<BodyLandmark>& landmarks, int height, int width) {
  int outside = 0;
  for (int i = 0; i < kKeypointCount; ++i) {
    if (i == kNeck) continue;
    const BodyLandmark& mark = landmarks[kLandmarkOfKeypoint[i]];
    const bool inside = mark.x >= 0 && mark.y >= 0 && mark.x < static_cast<float>(width) &&
                        mark.y < static_cast<float>(height);
    outside += !inside;
  }
  return outside / static_cast<double>(kKeypointCount - 1);
}

double OutsideShare(const Keypoints& keypoints) {
  int outside = 0;
  for (int i = 0; i < kKeypointCount; ++i) {
    outside += i != kNeck && keypoints[i].confidence < kInsideConfidence;
  }
  return outside / static_cast<double>(kKeypointCount - 1);
}

std::optional<double> TiltDegrees(const std::vector<BodyLandmark>& landmarks) {
  return TiltBetween(MiddleOf(landmarks[kLeftHipMark], landmarks[kRightHipMark]),
                     MiddleOf(landmarks[kLeftShoulderMark], landmarks[kRightShoulderMark]));
}

std::optional<double> TiltDegrees(const Keypoints& keypoints) {
  const Keypoint &neck = keypoints[kNeck], &right = keypoints[kRightHip],
                 &left = keypoints[kLeftHip];
  const float hips = std::max(right.confidence, left.confidence);
  if (neck.confidence < kInsideConfidence || hips < kInsideConfidence) return std::nullopt;
  const Keypoint& first = right.confidence < kInsideConfidence ? left : right;
  const Keypoint& second = left.confidence < kInsideConfidence ? right : left;
  return TiltBetween(MiddleOf(first, second), {neck.x, neck.y});
}

Box PersonBox(const Image& mask) {
  if (mask.empty()) return {};
  const cv::Mat given = imaging::ViewOf(mask);
  cv::Mat labels, numbers, middles;
  const int count =
      cv::connectedComponentsWithStats(given >= kPersonPixel, labels, numbers, middles);
  int largest = 0;  // component 0 is the background
  for (int i = 1; i < count; ++i) {
    const int area = numbers.at<int>(i, cv::CC_STAT_AREA);
    if (largest == 0 || area > numbers.at<int>(largest, cv::CC_STAT_AREA)) largest = i;
  }
  if (largest == 0) return {};
  const auto number = [&](int which) {
    return static_cast<float>(numbers.at<int>(largest, which));
  };
  const float left = number(cv::CC_STAT_LEFT), top = number(cv::CC_STAT_TOP);
  return {left, top, left + number(cv::CC_STAT_WIDTH), top + number(cv::CC_STAT_HEIGHT)};
}

std::optional<double> HeightPixels(const Image& mask) {
  const Box box = PersonBox(mask);
  if (box.empty()) return std::nullopt;
  return std::max(box.bottom - box.top, box.right - box.left);
}

PersonMeasures MeasurePerson(const KeypointEstimate& body, int height, int width) {
  PersonMeasures person{.confidence = body.confidence,
                        .sure_confidence = body.sure_confidence,
                        .people = body.people,
                        .outside = std::nullopt,
                        .tilt_degrees = std::nullopt,
                        .height_pixels = HeightPixels(body.mask)};
  if (body.landmarks.empty()) {
    person.tilt_degrees = TiltDegrees(body.keypoints);
  } else {
    person.tilt_degrees = TiltDegrees(body.landmarks);
    person.outside = OutsideShare(body.landmarks, height, width);
  }
  return person;
}

std::vector<Warning> WarningsOf(const PersonMeasures& person, const std::string& field) {
  std::vector<Warning> warnings;
  const auto warn = [&](const char* reason, std::string message, double value, double limit) {
    warnings.push_back({reason, field, std::move(message), value, limit});
  };
  if (person.confidence < person.sure_confidence) {
    warn("PERSON_UNSURE", "it is not sure that this is a person, or how they stand",
         person.confidence, person.sure_confidence);
  }
  if (person.people > kOnePerson) {
    warn("SEVERAL_PEOPLE",
         Text("%d people are in the picture; the largest is taken", person.people), person.people,
         kOnePerson);
  }
  if (person.outside && *person.outside > kMaxOutside) {
    warn("PERSON_CUT_OFF",
         Text("%.0f %% of the body's points lie outside of the picture", 100 * *person.outside),
         *person.outside, kMaxOutside);
  }
  if (person.tilt_degrees && std::abs(*person.tilt_degrees) > kMaxTilt) {
    const double tilt = std::abs(*person.tilt_degrees);
    warn("PERSON_UPSIDE_DOWN", Text("the body is turned %.0f degrees from upright", tilt), tilt,
         kMaxTilt);
  }
  if (person.height_pixels && *person.height_pixels < kMinHeight) {
    warn("PERSON_SMALL", Text("the person is %.0f pixels tall", *person.height_pixels),
         *person.height_pixels, kMinHeight);
  }
  if (person.fit_confidence && *person.fit_confidence < kSureFit) {
    warn("BODY_UNSURE", "the fitted body may be the wrong way round or far from the person",
         *person.fit_confidence, kSureFit);
  }
  return warnings;
}

}  // namespace atelier::perception
