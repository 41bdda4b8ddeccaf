#include "edit/cut/hem_line.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <vector>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// Row of a column in which nothing is known.
constexpr int kNone = -1;

/// For each column the last row of `garment` (bytes) within the zone, where the person goes on
/// below it and nothing is in front.
std::vector<int> HemOf(const cv::Mat& garment, const HemPlaces& places, int least_height) {
  std::vector<int> hem(static_cast<size_t>(garment.cols), kNone);
  for (int x = 0; x < garment.cols; ++x) {
    int last = kNone, run = 0;
    for (int y = 0; y + 1 < garment.rows; ++y) {
      const bool is_garment = garment.at<uint8_t>(y, x) != 0 && places.zone.at<uint8_t>(y, x) != 0;
      run = is_garment ? run + 1 : 0;
      if (is_garment && run >= least_height) last = y;
    }
    if (last == kNone) continue;
    const bool goes_on = places.person.at<uint8_t>(last + 1, x) != 0 &&
                         places.hidden.at<uint8_t>(last, x) == 0 &&
                         places.hidden.at<uint8_t>(last + 1, x) == 0;
    if (goes_on) hem[static_cast<size_t>(x)] = last;
  }
  return hem;
}

/// Rows of a line, one a column, and how far most of the known rows are from it at most.
struct Line {
  std::vector<double> row;
  double off = 0;
};

/// Of the known rows, `share` (0..1) are no further from `row` than this.
double OffOf(const std::vector<int>& hem, const std::vector<double>& row, double share) {
  std::vector<double> off;
  for (size_t x = 0; x < hem.size(); ++x) {
    if (hem[x] != kNone) off.push_back(std::fabs(hem[x] - row[x]));
  }
  if (off.empty()) return 0;
  const auto at = off.begin() + std::lround(share * static_cast<double>(off.size() - 1));
  std::nth_element(off.begin(), at, off.end());
  return *at;
}

/// A parabola through most of the known rows.
Line ParabolaThrough(const std::vector<int>& hem, double scale) {
  constexpr int kRounds = 8;
  constexpr double kMost = .7;
  const double middle = static_cast<double>(hem.size()) / 2, half = std::max(1.0, middle);
  Eigen::Vector3d fit(0, 0, 0);
  std::vector<double> weight(hem.size(), 1);
  Line line;
  for (int round = 0; round < kRounds; ++round) {
    Eigen::Matrix3d products = Eigen::Matrix3d::Identity() * 1e-6;
    Eigen::Vector3d right(0, 0, 0);
    for (size_t x = 0; x < hem.size(); ++x) {
      if (hem[x] == kNone) continue;
      const double u = (static_cast<double>(x) - middle) / half;
      const Eigen::Vector3d basis(1, u, u * u);
      products += weight[x] * basis * basis.transpose();
      right += weight[x] * hem[x] * basis;
    }
    fit = products.ldlt().solve(right);
    line.row.assign(hem.size(), 0);
    for (size_t x = 0; x < hem.size(); ++x) {
      const double u = (static_cast<double>(x) - middle) / half;
      line.row[x] = fit[0] + fit[1] * u + fit[2] * u * u;
      const double off = (hem[x] - line.row[x]) / scale;
      weight[x] = 1 / (1 + off * off);
    }
  }
  line.off = OffOf(hem, line.row, kMost);
  return line;
}

/// The known rows themselves; between and beside them as far above or below `line` as the nearest.
std::vector<double> Completed(const std::vector<int>& hem, const std::vector<double>& line) {
  const auto n = static_cast<int>(hem.size());
  std::vector<double> out(hem.size());
  for (int x = 0; x < n; ++x) {
    int nearest = kNone;
    for (int d = 0; d < n && nearest == kNone; ++d) {
      if (x - d >= 0 && hem[static_cast<size_t>(x - d)] != kNone)
        nearest = x - d;
      else if (x + d < n && hem[static_cast<size_t>(x + d)] != kNone)
        nearest = x + d;
    }
    const auto i = static_cast<size_t>(x), k = static_cast<size_t>(nearest);
    out[i] = line[i] + (hem[k] - line[k]);
  }
  return out;
}

int Known(const std::vector<int>& hem) {
  return static_cast<int>(std::ranges::count_if(hem, [](int row) { return row != kNone; }));
}

}  // namespace

cv::Mat WithEvenHem(const cv::Mat& shape, const cv::Mat& old, const HemPlaces& places,
                    double samples_per_metre) {
  /// Metres: what is no hem but a rest, how much of a hem must be seen, how far its line may be
  /// off, from where on it is the old one, and how far it is moved.
  constexpr double kLeastHeight = .03, kLeastWidth = .12, kMostOff = .02, kNearOld = .025;
  constexpr double kMostMoved = .07, kScale = .008, kSoft = .003;
  const int least_height = PixelsOf(kLeastHeight, samples_per_metre);
  const int least_width = PixelsOf(kLeastWidth, samples_per_metre);
  const cv::Mat is_new = shape > .5, is_old = old > .5;
  const std::vector<int> hem = HemOf(is_new, places, least_height);
  if (Known(hem) < least_width) return shape;
  const Line line = ParabolaThrough(hem, kScale * samples_per_metre);
  if (line.off > kMostOff * samples_per_metre) return shape;
  std::vector<double> wanted = line.row;
  const std::vector<int> old_hem = HemOf(is_old, places, least_height);
  if (Known(old_hem) >= least_width &&
      OffOf(old_hem, line.row, .5) < kNearOld * samples_per_metre) {
    wanted = Completed(old_hem, ParabolaThrough(old_hem, kScale * samples_per_metre).row);
  }
  cv::Mat out = is_new.clone();
  const double most = kMostMoved * samples_per_metre;
  for (int x = 0; x < out.cols; ++x) {
    const auto column = static_cast<size_t>(x);
    const auto end = static_cast<int>(std::lround(wanted[column]));
    for (int y = std::max(0, end + 1); y < out.rows; ++y) {
      if (y > end + most) break;
      if (places.zone.at<uint8_t>(y, x) != 0) out.at<uint8_t>(y, x) = 0;
    }
    if (hem[column] == kNone || hem[column] >= end || end - hem[column] > most) continue;
    for (int y = hem[column] + 1; y <= std::min(end, out.rows - 1); ++y) {
      const bool on_person =
          places.zone.at<uint8_t>(y, x) != 0 && places.person.at<uint8_t>(y, x) != 0;
      if (on_person) out.at<uint8_t>(y, x) = 255;
    }
  }
  cv::Mat even;
  out.convertTo(even, CV_32F, 1 / 255.0);
  even = Ramp(Blurred(even, std::max(1.0, kSoft * samples_per_metre)), .35, .65);
  // Beyond the reach of what changed the shape stays as it is.
  cv::Mat changed;
  cv::Mat(out != is_new).convertTo(changed, CV_32F, 1 / 255.0);
  changed = Ramp(Dilated(changed, PixelsOf(2 * kSoft, samples_per_metre)), 0, .5);
  return Mix(shape, even, changed);
}

}  // namespace atelier::edit
