#include "edit/warp/smooth_places.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "edit/person/even_around.h"
#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"
#include "edit/warp/segments.h"
#include "edit/warp/smooth_field.h"

namespace atelier::edit {
namespace {

/// Metres between the nodes of a segment's map.
constexpr double kSpacing = .03, kStiffness = 2;
/// Metres beyond what both pictures show, as far as a map goes on; and where it begins to end.
constexpr double kReach = .012, kSureReach = .006;
constexpr float kFarOutside = -1e3f;
/// Share of a segment from which on a place helps to make its map.
constexpr double kLeastShare = .2;
/// Cosines below which a surface is seen too much from aside, and from which on squarely.
constexpr double kGrazing = .08, kSquare = .35;

cv::Rect Around(const cv::Mat& where, int margin) {
  cv::Rect box = cv::boundingRect(where);
  if (box.empty()) return box;
  box -= cv::Point(margin, margin);
  box += cv::Size(2 * margin, 2 * margin);
  return box & cv::Rect({}, where.size());
}

/// Pixels of the picture for a metre of height on the trunk.
cv::Vec2f TrunkAxis(const people::Body& body, const Person& person) {
  double squares = 0, count = 0, height = 0;
  cv::Vec2d sum(0, 0), product(0, 0);
  for (const int vertex : body.skin_vertices()) {
    const auto v = static_cast<size_t>(vertex);
    const people::Attributes& a = body.attributes()[v];
    if (!OnTrunk(a)) continue;
    const auto h = static_cast<double>(a.at.y);
    const cv::Vec2d at(static_cast<double>(person.screen[v].x),
                       static_cast<double>(person.screen[v].y));
    count += 1;
    height += h;
    squares += h * h;
    product += at * h;
    sum += at;
  }
  const double spread = std::max(1e-9, squares - height * height / count);
  const cv::Vec2d axis = (product - sum * (height / count)) * (1 / spread);
  return axis;
}

void MoveAlongTrunk(const people::Body& body, const SurfaceView& view, const Person& person,
                    const Hem& hem, Places& places) {
  std::vector<float> move(body.attributes().size(), 0);
  for (size_t v = 0; v < move.size(); ++v) {
    const people::Attributes& a = body.attributes()[v];
    if (OnTrunk(a)) move[v] = hem.DonorHeight(a.at.y) - a.at.y;
  }
  const cv::Mat metres = view.Interpolate(move);
  const cv::Vec2f axis = TrunkAxis(body, person);
  places.x += metres * axis[0];
  places.y += metres * axis[1];
}

}  // namespace

Places SmoothPlacesIn(const people::Body& body, const SurfaceView& view, const Person& person,
                      double samples_per_metre, bool with_thighs, const Hem* hem) {
  Places exact = PlacesIn(body, view, person);
  if (hem != nullptr) MoveAlongTrunk(body, view, person, *hem, exact);
  const cv::Mat covered = view.Covered();
  Places out{cv::Mat(view.size(), CV_32F, cv::Scalar(kFarOutside)),
             cv::Mat(view.size(), CV_32F, cv::Scalar(kFarOutside)),
             cv::Mat(view.size(), CV_32F, cv::Scalar(0)), exact.squareness};
  if (cv::countNonZero(covered) == 0) return out;
  const auto segments = [&](const SurfaceView& of) {
    SegmentShares shares = SegmentsOf(body, of);
    if (with_thighs) {
      for (const size_t thigh : {kThighs, kThighs + 1}) {
        shares[0] += shares[thigh];
        shares[thigh] = cv::Mat::zeros(shares[0].size(), CV_32F);
      }
    }
    return shares;
  };
  const SegmentShares own = segments(view);
  const SegmentShares beside = Continued(own, covered);
  const SurfaceView donor_view(body, person.screen,
                               {cv::Rect(0, 0, person.width(), person.height()), 1});
  const SegmentShares donor = Continued(segments(donor_view), donor_view.Covered());

  cv::Mat positions;
  cv::merge(std::vector<cv::Mat>{exact.x, exact.y}, positions);
  const cv::Mat square = Ramp(exact.squareness, kGrazing, kSquare);
  const cv::Mat shown = (square > 0) & (covered > .5);
  cv::Mat sum(view.size(), CV_32FC2, cv::Scalar::all(0));
  cv::Mat weight(view.size(), CV_32F, cv::Scalar(0)), same(view.size(), CV_32F, cv::Scalar(0));
  const int reach = PixelsOf(kReach, samples_per_metre);
  for (size_t k = 0; k < kSegmentCount; ++k) {
    const cv::Mat data = (own[k] > kLeastShare) & shown;
    const cv::Rect box = Around(data, reach);
    if (box.empty()) continue;
    cv::Mat data_weight = own[k](box).mul(square(box));
    data_weight.setTo(0, ~data(box));
    const cv::Mat field =
        SmoothField(positions(box), data_weight, PixelsOf(kSpacing, samples_per_metre), kStiffness);
    if (field.empty()) continue;
    const NearestPlace nearest = NearestOf(data(box));
    const cv::Mat share = beside[k](box).mul(
        Ramp(nearest.distance, kReach * samples_per_metre, kSureReach * samples_per_metre));
    cv::Mat part = sum(box);
    part += Times(field, share);
    part = weight(box);
    part += share;
    // What the picture shows there is of this segment as far as the view is.
    cv::Mat there;
    cv::remap(donor[k], there, field, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
    part = same(box);
    part += cv::min(there, share);
  }
  cv::Mat mean = Over(sum, weight);
  mean.setTo(cv::Scalar::all(kFarOutside), weight < .05);
  std::vector<cv::Mat> xy;
  cv::split(mean, xy);
  out.x = xy[0];
  out.y = xy[1];
  out.seen = Ramp(same, .35, .65);
  return out;
}

}  // namespace atelier::edit
