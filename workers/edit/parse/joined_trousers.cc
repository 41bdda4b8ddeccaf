#include "edit/parse/joined_trousers.h"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

#include "edit/pixels/label_rows.h"

namespace atelier::edit {
namespace {

constexpr size_t kSkin = IndexOf(Label::kSkin), kHair = IndexOf(Label::kHair),
                 kUpper = IndexOf(Label::kUpper), kLower = IndexOf(Label::kLower);

/// Metres in the mean shape: waistbands are hardly ever higher, and what is lower than the crotch
/// is surely of the legs.
constexpr float kHighest = .36f, kCrotch = -.02f;
/// Further down the prior knows trousers without help.
constexpr float kLowest = -.15f;
/// How much likelier than all others the lower garment's colour must be (logarithms), and what
/// that adds.
constexpr float kMargin = .6f, kGain = 4, kMost = 8;
/// Segments beyond a sleeve's end from which on an arm is surely bare.
constexpr float kBeyondSleeve = .2f;

float LowerOverOthers(const LabelRow& likelihoods) {
  return likelihoods[kLower] -
         std::max({likelihoods[kUpper], likelihoods[kSkin], likelihoods[kHair]});
}

/// Of every pixel, the mean around it: cloth has grain.
std::vector<float> Evidence(const ParseView& view, const std::vector<LabelRow>& likelihoods) {
  constexpr float kMostOfOne = 4;
  const cv::Size around(5, 5);
  cv::Mat sum(view.person.size(), CV_32F, cv::Scalar(0)), count;
  for (size_t i = 0; i < view.size(); ++i) {
    sum.at<float>(view.pixels[i]) =
        std::clamp(LowerOverOthers(likelihoods[i]), -kMostOfOne, kMostOfOne);
  }
  view.person.convertTo(count, CV_32F, 1 / 255.0);
  cv::blur(sum, sum, around);
  cv::blur(count, count, around);
  std::vector<float> evidence(view.size());
  for (size_t i = 0; i < view.size(); ++i) {
    evidence[i] = sum.at<float>(view.pixels[i]) / count.at<float>(view.pixels[i]);
  }
  return evidence;
}

/// By side: from where on arms are bare, as BodyPlace::arm.
std::array<float, 2> BareFrom(const std::vector<LimbEnd>& ends) {
  constexpr float kNowhere = 9;
  std::array<float, 2> from{kNowhere, kNowhere};
  for (const LimbEnd& end : ends) {
    if (end.cloth != Label::kUpper) continue;
    from[static_cast<size_t>(end.side)] = static_cast<float>(end.at) + kBeyondSleeve;
  }
  return from;
}

/// Trousers may be seen there: a bare arm is not of their colour, so the picture's arm is beside
/// the body's.
bool MayBeTrousers(const BodyPlace& place, const std::array<float, 2>& bare_from) {
  if (place.head || place.neck || place.foot) return false;
  if (place.hand) return true;
  if (place.arm >= 0) return place.arm > bare_from[static_cast<size_t>(place.side)];
  return place.trunk_or_leg && place.height < kHighest;
}

}  // namespace

void FavourJoinedTrousers(const ParseView& view, const std::vector<LimbEnd>& ends,
                          const std::vector<LabelRow>& likelihoods, std::vector<LabelRow>& scores) {
  const std::array<float, 2> bare_from = BareFrom(ends);
  const std::vector<float> evidence = Evidence(view, likelihoods);
  cv::Mat joined = cv::Mat::zeros(view.person.size(), CV_8U);
  std::vector<bool> of_legs(view.size(), false);
  for (size_t i = 0; i < view.size(); ++i) {
    const BodyPlace& place = *view.places[i];
    if (!MayBeTrousers(place, bare_from) || evidence[i] < kMargin) continue;
    joined.at<uint8_t>(view.pixels[i]) = 255;
    of_legs[i] = place.trunk_or_leg && place.height < kCrotch;
  }
  // Thin lines are the mixed colours of edges. One pixel less, as scores are smoothed.
  cv::erode(joined, joined, cv::Mat::ones(5, 5, CV_8U));
  cv::dilate(joined, joined, cv::Mat::ones(3, 3, CV_8U));
  cv::Mat components;
  const int count = cv::connectedComponents(joined, components, 8, CV_32S);
  std::vector<bool> from_legs(static_cast<size_t>(count), false);
  const auto component = [&](size_t i) {
    return static_cast<size_t>(components.at<int>(view.pixels[i]));
  };
  for (size_t i = 0; i < view.size(); ++i) {
    if (of_legs[i] && joined.at<uint8_t>(view.pixels[i]) != 0) from_legs[component(i)] = true;
  }
  for (size_t i = 0; i < view.size(); ++i) {
    if (!from_legs[component(i)] || view.places[i]->height < kLowest) continue;
    scores[i][kLower] += std::clamp(kGain * evidence[i], 0.0f, kMost);
  }
}

}  // namespace atelier::edit
