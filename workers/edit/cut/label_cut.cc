#include "edit/cut/label_cut.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/cut/cut_scene.h"
#include "edit/cut/potts_cut.h"
#include "edit/cut/waist_pieces.h"
#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"

namespace atelier::edit {
namespace {

/// What stands behind the person is a label, too.
constexpr size_t kWall = kLabelCount, kCount = kLabelCount + 1;
/// Metres: how far the person's mask may be from their outline.
constexpr double kOutline = .012;
/// A label is sure where nothing else is as likely as this, and this far within: metres.
constexpr double kSure = .9, kHardlySure = .7, kSureInside = .0025;
/// Pixels that far within what is sure, metres, need not be asked again.
constexpr double kSettled = .008;
/// No label is less likely than this by what was told before, nor by its colours than that.
constexpr double kLeastShare = .01, kMostApart = 12;
/// A label that is not seen around counts as much less likely than the likeliest.
constexpr double kUnknown = 4;
/// A colour that another label has that much more of is not taken for a label's own.
constexpr double kMostForeign = 2;
/// Weights of what was told before, on the body and beside it, of colours and of borders.
constexpr double kToldWeight = .7, kToldBeside = .21, kColourWeight = .5;
constexpr float kStiffness = 4;
constexpr int kRounds = 2;
/// Square metres: a smaller piece of anything is none.
constexpr double kLeastIsland = 6e-4;

using Shares = std::vector<cv::Mat>;  // kCount matrices, float

/// What of the view the scene shows.
cv::Rect ViewBox(const ParseView& view, const Person& person, const CutScene& scene) {
  const double scale = static_cast<double>(view.person.cols) / person.width();
  const cv::Rect box(cvFloor(scene.box.x * scale), cvFloor(scene.box.y * scale),
                     cvCeil(scene.box.width * scale), cvCeil(scene.box.height * scale));
  return box & cv::Rect({}, view.person.size());
}

/// Labels and wall, at the scene's size.
Shares SharesOf(const ParseView& view, const Person& person, const CutScene& scene,
                const std::array<cv::Mat, kLabelCount>& labels) {
  const cv::Rect box = ViewBox(view, person, scene);
  Shares shares;
  for (const cv::Mat& label : labels) {
    cv::Mat large;
    cv::resize(label(box), large, scene.size(), 0, 0, cv::INTER_LINEAR);
    shares.push_back(large.mul(scene.mask));
  }
  shares.push_back(1 - scene.mask);
  return shares;
}

cv::Mat Likeliest(const Shares& shares) {
  cv::Mat out = cv::Mat::zeros(shares[0].size(), CV_32S), most = shares[0].clone();
  for (size_t label = 1; label < kCount; ++label) {
    const cv::Mat more = shares[label] > most;
    out.setTo(static_cast<int>(label), more);
    shares[label].copyTo(most, more);
  }
  return out;
}

/// Of every label, bytes: where its colours are not rather another's. The body may be beside the
/// person, a sleeve's place where trousers are seen.
std::vector<cv::Mat> OwnColours(const CutScene& scene, const Shares& shares) {
  Shares densities;
  for (size_t label = 0; label < kLabelCount; ++label) {
    densities.push_back(DensityOverall(scene, shares[label].mul(Ramp(shares[label], .5, kSure))));
  }
  cv::Mat most = densities[0].clone();
  for (const cv::Mat& density : densities) most = cv::max(most, density);
  std::vector<cv::Mat> own;
  for (const cv::Mat& density : densities) own.push_back(density > most - kMostForeign);
  return own;
}

/// Where each label surely is: float, 0 or 1. `own`: OwnColours().
Shares SureOf(const CutScene& scene, const Shares& shares, const std::vector<cv::Mat>& own,
              const cv::Mat& found) {
  const cv::Mat on_body = scene.near_body > .5;
  Shares sure;
  for (size_t label = 0; label < kCount; ++label) {
    const auto above = [&](double share) {
      cv::Mat where = (shares[label] > share) & (found == static_cast<int>(label));
      if (label != kWall) where = where & on_body & own[label];
      cv::Mat out;
      where.convertTo(out, CV_32F, 1 / 255.0);
      return out;
    };
    const cv::Mat inner =
        Eroded(above(kSure), scene.Pixels(label == kWall ? kOutline : kSureInside));
    // Shoes are small, and of what a picture shows little of nothing is quite sure.
    const bool small = label == IndexOf(Label::kShoes) || cv::countNonZero(inner) == 0;
    sure.push_back(small ? above(kHardlySure) : inner);
  }
  return sure;
}

/// What every label costs everywhere.
Shares CostsOf(const CutScene& scene, const Shares& shares, const Shares& sure) {
  std::vector<LabelDensity> densities;
  cv::Mat most(scene.size(), CV_32F, cv::Scalar(-1e3));
  for (size_t label = 0; label < kCount; ++label) {
    // Skin has much the same colours all over a person; cloth has not.
    densities.push_back(DensityAround(scene, sure[label], label == IndexOf(Label::kSkin)));
    cv::Mat here = densities.back().log_density.clone();
    here.setTo(-1e3, densities.back().known < .5);
    most = cv::max(most, here);
  }
  const cv::Mat by_body = kToldBeside + (kToldWeight - kToldBeside) * scene.near_body;
  const cv::Mat unknown(scene.size(), CV_32F, cv::Scalar(-kUnknown));
  Shares costs;
  for (size_t label = 0; label < kCount; ++label) {
    cv::Mat told;
    cv::log(cv::max(shares[label], kLeastShare), told);
    if (label == kWall) {
      told *= kToldWeight;
    } else {
      told = told.mul(by_body);
    }
    const cv::Mat apart = cv::min(cv::max(densities[label].log_density - most, -kMostApart), 0);
    costs.push_back(-told - kColourWeight * Mix(unknown, apart, densities[label].known));
  }
  return costs;
}

/// What most of the pixels around an island are, and how many of them, 0..1.
struct Surroundings {
  int label = 0;
  double share = 0;
};

Surroundings AroundOf(const cv::Mat& island, const cv::Mat& found) {
  cv::Mat around;
  cv::dilate(island, around, cv::Mat::ones(3, 3, CV_8U));
  around &= ~island;
  const double all = std::max(1, cv::countNonZero(around));
  Surroundings most;
  for (int label = 0; label < static_cast<int>(kCount); ++label) {
    const double share = cv::countNonZero(around & (found == label)) / all;
    if (share > most.share) most = {label, share};
  }
  return most;
}

/// Bytes, the scene's size: places of trunk and legs. Hands and forearms may be before them.
cv::Mat TrunkAndLegs(const ParseView& view, const Person& person, const CutScene& scene) {
  cv::Mat places(view.person.size(), CV_8U, cv::Scalar(0));
  for (size_t i = 0; i < view.size(); ++i) {
    if (view.places[i]->trunk_or_leg) places.at<uint8_t>(view.pixels[i]) = 255;
  }
  cv::Mat out;
  cv::resize(places(ViewBox(view, person, scene)), out, scene.size(), 0, 0, cv::INTER_NEAREST);
  return out;
}

/// Whether an island is a garment's that was taken for something else: what looks like skin or
/// like another garment in the middle of a garment on the trunk is printed there.
bool IsPrinted(int label, const Surroundings& around, const cv::Mat& on_trunk,
               const cv::Mat& island) {
  constexpr double kEnclosed = .92, kOnTrunk = .9;
  const auto is = [](int which, Label of) { return which == static_cast<int>(of); };
  const bool in_garment = is(around.label, Label::kUpper) || is(around.label, Label::kLower);
  const bool may_be_print =
      is(label, Label::kSkin) || is(label, Label::kUpper) || is(label, Label::kLower);
  if (!in_garment || !may_be_print || around.share < kEnclosed) return false;
  return cv::countNonZero(on_trunk & island) > kOnTrunk * cv::countNonZero(island);
}

/// Islands become what is around them.
void RemoveIslands(const CutScene& scene, const cv::Mat& trunk, cv::Mat& found) {
  const double least = kLeastIsland * scene.pixels_per_metre * scene.pixels_per_metre;
  for (int label = 0; label < kLabelCount; ++label) {
    cv::Mat components, stats, centroids;
    const int count =
        cv::connectedComponentsWithStats(found == label, components, stats, centroids, 8);
    for (int k = 1; k < count; ++k) {
      cv::Rect box(stats.at<int>(k, cv::CC_STAT_LEFT) - 1, stats.at<int>(k, cv::CC_STAT_TOP) - 1,
                   stats.at<int>(k, cv::CC_STAT_WIDTH) + 2,
                   stats.at<int>(k, cv::CC_STAT_HEIGHT) + 2);
      box &= cv::Rect({}, found.size());
      const cv::Mat island = components(box) == k;
      const Surroundings around = AroundOf(island, found(box));
      const bool is_small = stats.at<int>(k, cv::CC_STAT_AREA) < least;
      if (!is_small && !IsPrinted(label, around, trunk(box), island)) continue;
      found(box).setTo(around.label, island);
    }
  }
}

/// Each label's mask at the picture's size, its border as soft as a picture's edges are.
std::array<cv::Mat, kLabelCount> MasksOf(const CutScene& scene, const Person& person,
                                         const cv::Mat& found) {
  constexpr double kSoft = .7;
  std::array<cv::Mat, kLabelCount> masks;
  for (size_t label = 0; label < kLabelCount; ++label) {
    masks[label] = cv::Mat::zeros(person.height(), person.width(), CV_32F);
    cv::Mat here;
    cv::Mat(found == static_cast<int>(label)).convertTo(here, CV_32F, 1 / 255.0);
    cv::Mat box = masks[label](scene.box);
    cv::resize(Blurred(here, kSoft), box, scene.box.size(), 0, 0, cv::INTER_LINEAR);
  }
  return masks;
}

}  // namespace

std::array<cv::Mat, kLabelCount> Continued(const ParseView& view,
                                           std::array<cv::Mat, kLabelCount> labels) {
  const NearestPlace nearest = NearestOf(view.person);
  for (cv::Mat& label : labels) label = nearest.Of(label);
  return labels;
}

std::array<cv::Mat, kLabelCount> CutAtEdges(const ParseView& view, const Person& person,
                                            const std::array<cv::Mat, kLabelCount>& labels) {
  const CutScene scene = MakeCutScene(view, person);
  const Shares shares = SharesOf(view, person, scene, labels);
  const std::vector<cv::Mat> own = OwnColours(scene, shares);
  cv::Mat found = Likeliest(shares);
  for (int round = 0; round < kRounds; ++round) {
    const Shares sure = SureOf(scene, shares, own, found);
    cv::Mat open = shares[kWall] < .98;
    for (const cv::Mat& label : sure) open.setTo(0, Eroded(label, scene.Pixels(kSettled)) > .5);
    found = PottsCut(CostsOf(scene, shares, sure), scene.lab, open, found, kStiffness);
  }
  MendWaist(scene.lab, scene.pixels_per_metre, found);
  RemoveIslands(scene, TrunkAndLegs(view, person, scene), found);
  return MasksOf(scene, person, found);
}

}  // namespace atelier::edit
