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

/// For each column the last row of `garment` (bytes) within the zone.
std::vector<int> EndOf(const cv::Mat& garment, const HemPlaces& places, int least_height) {
  std::vector<int> end(static_cast<size_t>(garment.cols), kNone);
  for (int x = 0; x < garment.cols; ++x) {
    int run = 0;
    for (int y = 0; y + 1 < garment.rows; ++y) {
      const bool is_garment = garment.at<uint8_t>(y, x) != 0 && places.zone.at<uint8_t>(y, x) != 0;
      run = is_garment ? run + 1 : 0;
      if (is_garment && run >= least_height) end[static_cast<size_t>(x)] = y;
    }
  }
  return end;
}

/// Of these rows those of a hem: where the person goes on below and nothing is in front.
std::vector<int> HemOf(std::vector<int> end, const HemPlaces& places) {
  for (size_t column = 0; column < end.size(); ++column) {
    const int last = end[column], x = static_cast<int>(column);
    if (last == kNone) continue;
    // Beside an arm the garment ends at its side.
    const bool goes_on =
        places.person.at<uint8_t>(last + 1, x) != 0 && places.zone.at<uint8_t>(last + 1, x) != 0 &&
        places.hidden.at<uint8_t>(last, x) == 0 && places.hidden.at<uint8_t>(last + 1, x) == 0;
    if (!goes_on) end[column] = kNone;
  }
  return end;
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

/// A polynomial of that degree (1 or 2) through most of the known rows.
std::vector<double> Through(const std::vector<int>& hem, int degree, double scale) {
  constexpr int kRounds = 8;
  const double middle = static_cast<double>(hem.size()) / 2, half = std::max(1.0, middle);
  const auto basis_at = [&](size_t x) {
    const double u = (static_cast<double>(x) - middle) / half;
    return Eigen::Vector3d(1, u, degree > 1 ? u * u : 0);
  };
  std::vector<double> weight(hem.size(), 1), row(hem.size(), 0);
  for (int round = 0; round < kRounds; ++round) {
    Eigen::Matrix3d products = Eigen::Matrix3d::Identity() * 1e-6;
    Eigen::Vector3d right(0, 0, 0);
    for (size_t x = 0; x < hem.size(); ++x) {
      if (hem[x] == kNone) continue;
      products += weight[x] * basis_at(x) * basis_at(x).transpose();
      right += weight[x] * hem[x] * basis_at(x);
    }
    const Eigen::Vector3d fit = products.ldlt().solve(right);
    for (size_t x = 0; x < hem.size(); ++x) {
      row[x] = fit.dot(basis_at(x));
      const double off = (hem[x] - row[x]) / scale;
      weight[x] = 1 / (1 + off * off);
    }
  }
  return row;
}

/// `row` from the first to the last column that is known, and straight on beside them.
std::vector<double> StraightOn(const std::vector<int>& hem, std::vector<double> row, double scale) {
  const std::vector<double> straight = Through(hem, 1, scale);
  const auto is_known = [](int at) { return at != kNone; };
  const auto first = static_cast<size_t>(std::ranges::find_if(hem, is_known) - hem.begin());
  const auto last =
      hem.size() - 1 -
      static_cast<size_t>(std::find_if(hem.rbegin(), hem.rend(), is_known) - hem.rbegin());
  for (size_t x = 0; x < first; ++x) row[x] = row[first] + straight[x] - straight[first];
  for (size_t x = last + 1; x < hem.size(); ++x) row[x] = row[last] + straight[x] - straight[last];
  return row;
}

/// A parabola through most of the known rows.
Line ParabolaThrough(const std::vector<int>& hem, double scale) {
  constexpr double kMost = .7;
  Line line{StraightOn(hem, Through(hem, 2, scale), scale)};
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
      if (x - d >= 0 && hem[static_cast<size_t>(x - d)] != kNone) {
        nearest = x - d;
      } else if (x + d < n && hem[static_cast<size_t>(x + d)] != kNone) {
        nearest = x + d;
      }
    }
    const auto i = static_cast<size_t>(x), k = static_cast<size_t>(nearest);
    out[i] = line[i] + (hem[k] - line[k]);
  }
  return out;
}

/// Without rows that are further from `line`, and without notches: rows that are not near those of
/// `window` columns around.
std::vector<int> Sure(std::vector<int> hem, const std::vector<double>& line, double most,
                      int window, double most_notch) {
  const std::vector<int> all = hem;
  for (size_t x = 0; x < hem.size(); ++x) {
    if (all[x] == kNone) continue;
    std::vector<float> around;
    const size_t first = x > static_cast<size_t>(window) ? x - static_cast<size_t>(window) : 0;
    const size_t last = std::min(hem.size() - 1, x + static_cast<size_t>(window));
    for (size_t k = first; k <= last; ++k) {
      if (all[k] != kNone) around.push_back(static_cast<float>(all[k] - line[k]));
    }
    const double own = all[x] - line[x];
    const bool is_notch = std::fabs(own - static_cast<double>(MedianOf(around))) > most_notch;
    if (is_notch || std::fabs(own) > most) hem[x] = kNone;
  }
  return hem;
}

/// How far `line` is below the known rows, in the median.
double Below(const std::vector<int>& hem, const std::vector<double>& line) {
  std::vector<float> below;
  for (size_t x = 0; x < hem.size(); ++x) {
    if (hem[x] != kNone) below.push_back(static_cast<float>(line[x] - hem[x]));
  }
  return static_cast<double>(MedianOf(std::move(below)));
}

int Known(const std::vector<int>& hem) {
  return static_cast<int>(std::ranges::count_if(hem, [](int row) { return row != kNone; }));
}

}  // namespace

cv::Mat WithEvenHem(const cv::Mat& shape, const cv::Mat& old, const HemPlaces& places,
                    double samples_per_metre) {
  /// Metres, in their order: cloth above an end that is a hem; how wide a part of a hem must be
  /// seen; how far 70 % of it may be from its line; how near the old hem counts as the same; how
  /// far an end is moved; residuals that count half in a line; softness of the edge.
  constexpr double kLeastHeight = .03, kLeastWidth = .12, kMostOff = .02, kNearOld = .025;
  constexpr double kMostMoved = .07, kScale = .008, kSoft = .003;
  /// Columns to each side whose median tells a notch, and how much deeper than it a notch is.
  constexpr double kNotch = .07, kMostNotch = .005;
  const int least_height = PixelsOf(kLeastHeight, samples_per_metre);
  const int least_width = PixelsOf(kLeastWidth, samples_per_metre);
  const cv::Mat is_new = shape > .5, is_old = old > .5;
  const std::vector<int> ends = EndOf(is_new, places, least_height);
  const std::vector<int> hem = HemOf(ends, places);
  if (Known(hem) < least_width) return shape;
  const Line line = ParabolaThrough(hem, kScale * samples_per_metre);
  if (line.off > kMostOff * samples_per_metre) return shape;
  std::vector<double> wanted = line.row;
  const std::vector<int> old_hem = HemOf(EndOf(is_old, places, least_height), places);
  if (Known(old_hem) >= least_width) {
    const Line line_of_old = ParabolaThrough(old_hem, kScale * samples_per_metre);
    const std::vector<int> sure =
        Sure(old_hem, line_of_old.row, kMostOff * samples_per_metre,
             PixelsOf(kNotch, samples_per_metre), kMostNotch * samples_per_metre);
    if (Known(sure) >= least_width) {
      wanted = Completed(sure, line_of_old.row);
      const double below = Below(sure, line.row);
      if (std::fabs(below) > kNearOld * samples_per_metre) {
        for (double& row : wanted) row += below;
      }
    }
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
    if (ends[column] == kNone || ends[column] >= end || end - ends[column] > most) continue;
    for (int y = ends[column] + 1; y <= std::min(end, out.rows - 1); ++y) {
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
