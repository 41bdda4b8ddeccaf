#include "edit/parse/hanging_hair.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "edit/pixels/label_rows.h"

namespace atelier::edit {
namespace {

constexpr size_t kSkin = IndexOf(Label::kSkin), kHair = IndexOf(Label::kHair),
                 kUpper = IndexOf(Label::kUpper), kLower = IndexOf(Label::kLower);

/// Heights in the mean shape, metres: hair hardly ever hangs further down, and hair that stands off
/// the body begins above the shoulders.
constexpr float kLowest = .28f, kShoulders = .5f;
/// Metres off the body.
constexpr float kOff = .01f;
/// How much likelier than all others hair's colour must be (logarithms), and what that adds.
constexpr float kMargin = .7f, kCounted = .35f, kGain = 2.5f, kMost = 4;
/// Hair hangs beside the breastbone: what covers more than this share of it is a top of its colour.
constexpr float kMostOfBreastbone = .4f;
/// Lower garments hardly ever reach there.
constexpr float kNoLower = 1;

float HairOverOthers(const LabelRow& likelihoods) {
  return likelihoods[kHair] -
         std::max({likelihoods[kUpper], likelihoods[kSkin], likelihoods[kLower] - kNoLower});
}

bool MayHang(const BodyPlace& place) { return place.height > kLowest && !place.head; }

bool OfHead(const ParseView& view, size_t pixel) {
  const BodyPlace& place = *view.places[pixel];
  return place.head || (view.outside[pixel] > kOff && place.height > kShoulders);
}

}  // namespace

void FavourHangingHair(const ParseView& view, const std::vector<LabelRow>& likelihoods,
                       std::vector<LabelRow>& scores) {
  cv::Mat joined = cv::Mat::zeros(view.person.size(), CV_8U);
  std::vector<bool> of_head(view.size(), false), may_hang(view.size(), false);
  for (size_t i = 0; i < view.size(); ++i) {
    of_head[i] = OfHead(view, i) && Probabilities(scores[i])[kHair] > .5f;
    may_hang[i] = MayHang(*view.places[i]) && HairOverOthers(likelihoods[i]) > kMargin;
    if (of_head[i] || may_hang[i]) joined.at<uint8_t>(view.pixels[i]) = 255;
  }
  cv::Mat components;
  const int count = cv::connectedComponents(joined, components, 8, CV_32S);
  std::vector<bool> from_head(static_cast<size_t>(count), false);
  const auto component = [&](size_t i) {
    return static_cast<size_t>(components.at<int>(view.pixels[i]));
  };
  float breastbone = 0;
  std::vector<float> over_breastbone(from_head.size(), 0);
  for (size_t i = 0; i < view.size(); ++i) {
    if (of_head[i]) from_head[component(i)] = true;
    if (!view.places[i]->breastbone) continue;
    breastbone += 1;
    if (may_hang[i]) over_breastbone[component(i)] += 1;
  }
  for (size_t k = 0; k < from_head.size(); ++k) {
    if (over_breastbone[k] > kMostOfBreastbone * breastbone) from_head[k] = false;
  }
  for (size_t i = 0; i < view.size(); ++i) {
    // A neck in the head's shadow may be of hair's colour; hair there needs no help.
    if (!may_hang[i] || !from_head[component(i)] || view.places[i]->neck) continue;
    scores[i][kHair] +=
        std::clamp(kGain * (HairOverOthers(likelihoods[i]) - kCounted), 0.0f, kMost);
  }
}

}  // namespace atelier::edit
