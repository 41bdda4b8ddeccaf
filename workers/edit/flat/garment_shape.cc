#include "edit/flat/garment_shape.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "edit/flat/garment_grid.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// Metres of a usual garment on the mean body: from the neck's points down to the armpits' row,
/// from shoulder seam to shoulder seam, from the waist to the crotch, and across the hips. Cloth
/// goes over the chest and not straight down, so that these are a little less than a tailor's.
constexpr float kArmholeDepth = .205f, kShoulders = .367f, kRise = .26f, kHips = .4f;
/// Legs that would be longer than this are as long as legs are.
constexpr float kLongestInseam = .78f, kFullInseam = .74f;
constexpr double kLeastNotch = .002;

/// The column in the middle of the garment's body.
int MiddleColumn(const GarmentGrid& grid) {
  std::vector<float> middles;
  for (int y = grid.top + grid.height() / 2; y < grid.top + grid.height() * 9 / 10; ++y) {
    Run widest;
    for (const Run& run : RunsOf(grid.inside, y)) {
      if (run.width() > widest.width()) widest = run;
    }
    if (widest.width() > 0) middles.push_back(widest.middle());
  }
  return middles.empty() ? grid.inside.cols / 2 : cvRound(MedianOf(middles));
}

/// -1 for the picture's left, which the wearer has right.
int Outward(size_t side) { return side == 0 ? 1 : -1; }

/// The cell of a notch that lies furthest up and inwards.
cv::Point Innermost(const Notch& notch, int outward) {
  return *std::ranges::max_element(notch.cells, {},
                                   [&](const cv::Point& p) { return -outward * p.x - p.y; });
}

/// The notch under the sleeve of a side, or beside the waist.
std::optional<cv::Point> FindArmpit(const GarmentGrid& grid, const std::vector<Notch>& notches,
                                    int middle, int outward) {
  const Notch* best = nullptr;
  for (const Notch& notch : notches) {
    const int column = notch.box.x + notch.box.width / 2;
    const bool on_side = outward * (column - middle) > 0;
    const bool low = notch.box.br().y > grid.top + grid.height() * 2 / 5;
    if (!on_side || !low) continue;
    if (best == nullptr || notch.cells.size() > best->cells.size()) best = &notch;
  }
  if (best == nullptr) return std::nullopt;
  const cv::Point at = Innermost(*best, outward);
  // A waist is no armpit.
  if (at.y > grid.top + grid.height() * 3 / 5) return std::nullopt;
  return at;
}

/// A top in cells of its grid.
struct TopInGrid {
  int middle = 0;
  std::array<cv::Point, 2> armpit, neck, shoulder;
  std::array<bool, 2> has_sleeve{};

  int chest() const { return std::max(1, armpit[0].x - armpit[1].x); }
};

void FindArmpits(const GarmentGrid& grid, TopInGrid& top) {
  constexpr double kUsualRow = .34;
  const std::vector<Notch> notches = NotchesOf(grid, kLeastNotch);
  std::array<std::optional<cv::Point>, 2> found;
  for (size_t s = 0; s < 2; ++s) {
    found[s] = FindArmpit(grid, notches, top.middle, Outward(s));
  }
  for (size_t s = 0; s < 2; ++s) {
    if (found[s]) {
      top.armpit[s] = *found[s];
    } else if (found[1 - s]) {
      top.armpit[s] = {2 * top.middle - found[1 - s]->x, found[1 - s]->y};
    } else {
      const int row = grid.top + cvRound(kUsualRow * grid.height());
      const Run run = RunAt(grid.inside, row, top.middle);
      top.armpit[s] = {s == 0 ? run.last : run.first, row};
    }
  }
}

/// How far the garment reaches beyond the armpit in the rows just above it.
int ReachBeyond(const GarmentGrid& grid, cv::Point armpit, int outward) {
  int reach = 0;
  for (int y = std::max(grid.top, armpit.y - grid.height() / 16); y <= armpit.y; ++y) {
    for (const Run& run : RunsOf(grid.inside, y)) {
      reach = std::max(reach, outward > 0 ? run.last - armpit.x : armpit.x - run.first);
    }
  }
  return reach;
}

void FindShoulders(const GarmentGrid& grid, TopInGrid& top) {
  constexpr double kSleeve = .07, kSeam = .06, kNeckFrom = .06, kNeckTo = .36;
  const int chest = top.chest();
  for (size_t s = 0; s < 2; ++s) {
    const int outward = Outward(s);
    top.has_sleeve[s] = ReachBeyond(grid, top.armpit[s], outward) > kSleeve * chest;
    top.neck[s] = {top.middle, top.armpit[s].y};
    for (int off = cvRound(kNeckFrom * chest); off <= cvRound(kNeckTo * chest); ++off) {
      const int column = top.middle + outward * off;
      const std::optional<int> row = TopOf(grid.inside, column);
      if (row && *row < top.neck[s].y) top.neck[s] = {column, *row};
    }
    int column = top.armpit[s].x + outward * cvRound(kSeam * chest);
    if (!top.has_sleeve[s]) {
      // The outermost of what is above the armpit.
      column = top.neck[s].x;
      for (int y = top.neck[s].y; y < (top.neck[s].y + top.armpit[s].y) / 2; ++y) {
        for (const Run& run : RunsOf(grid.inside, y)) {
          column = outward > 0 ? std::max(column, run.last) : std::min(column, run.first);
        }
      }
    }
    top.shoulder[s] = {column, TopOf(grid.inside, column).value_or(top.neck[s].y)};
  }
}

float TopScale(const TopInGrid& top) {
  const float depth =
      static_cast<float>(top.armpit[0].y + top.armpit[1].y - top.neck[0].y - top.neck[1].y) / 2;
  const float by_depth = std::max(1.0f, depth) / kArmholeDepth;
  if (!top.has_sleeve[0] || !top.has_sleeve[1]) return by_depth;
  const auto across = static_cast<float>(top.shoulder[0].x - top.shoulder[1].x);
  return std::sqrt(by_depth * std::max(1.0f, across) / kShoulders);
}

/// Where the body of the garment ends on one side in a row, cells.
float EdgeAt(const GarmentGrid& grid, const TopInGrid& top, size_t side, int row) {
  constexpr double kWidest = .3;
  const int outward = Outward(side);
  const cv::Point &shoulder = top.shoulder[side], &armpit = top.armpit[side];
  const Run run = RunAt(grid.inside, row, top.middle);
  const auto edge = static_cast<float>(outward > 0 ? run.last : run.first);
  if (row >= armpit.y) {
    const float most = static_cast<float>(armpit.x + outward * kWidest * top.chest());
    return outward > 0 ? std::min(edge, most) : std::max(edge, most);
  }
  if (row < shoulder.y) {
    // The neck opening may part the row in two.
    float outermost = static_cast<float>(top.middle);
    for (const Run& other : RunsOf(grid.inside, row)) {
      outermost = outward > 0 ? std::max(outermost, static_cast<float>(other.last))
                              : std::min(outermost, static_cast<float>(other.first));
    }
    return outermost;
  }
  const float down =
      static_cast<float>(row - shoulder.y) / static_cast<float>(std::max(1, armpit.y - shoulder.y));
  return static_cast<float>(shoulder.x) + down * static_cast<float>(armpit.x - shoulder.x);
}

/// Spans of the grid's rows as those of the picture's.
std::vector<RowSpan> InPicture(const std::vector<RowSpan>& spans, const GarmentGrid& grid,
                               int rows) {
  std::vector<RowSpan> out(static_cast<size_t>(rows));
  for (int y = 0; y < rows; ++y) {
    const float row = (static_cast<float>(y) + .5f - grid.origin.y) * grid.scale - .5f;
    const int low = static_cast<int>(std::floor(row));
    if (low < 0 || low + 1 >= static_cast<int>(spans.size())) continue;
    const RowSpan &a = spans[static_cast<size_t>(low)], &b = spans[static_cast<size_t>(low) + 1];
    if (a.half_width <= 0 || b.half_width <= 0) continue;
    const float share = row - static_cast<float>(low);
    const float middle = a.middle * (1 - share) + b.middle * share;
    out[static_cast<size_t>(y)] = {
        grid.ToPicture({middle, row}).x,
        (a.half_width * (1 - share) + b.half_width * share) / grid.scale};
  }
  return out;
}

/// Medians over neighbouring rows: bows and loops do not widen a garment.
std::vector<RowSpan> Smoothed(const std::vector<RowSpan>& spans) {
  constexpr int kRadius = 3;
  std::vector<RowSpan> out = spans;
  for (int y = 0; y < static_cast<int>(spans.size()); ++y) {
    std::vector<float> middles, widths;
    for (int k = std::max(0, y - kRadius);
         k <= std::min(static_cast<int>(spans.size()) - 1, y + kRadius); ++k) {
      const RowSpan& span = spans[static_cast<size_t>(k)];
      if (span.half_width <= 0) continue;
      middles.push_back(span.middle);
      widths.push_back(span.half_width);
    }
    RowSpan& at = out[static_cast<size_t>(y)];
    if (at.half_width > 0) at = {MedianOf(middles), MedianOf(widths)};
  }
  return out;
}

/// Whether the garment is on both sides of a notch.
bool LiesBetween(const GarmentGrid& grid, const Notch& notch) {
  const int row = notch.box.y + notch.box.height / 2;
  const auto cell = std::ranges::find(notch.cells, row, &cv::Point::y);
  if (cell == notch.cells.end()) return false;
  const std::vector<Run> runs = RunsOf(grid.inside, row);
  return std::ranges::any_of(runs, [&](const Run& run) { return run.last < cell->x; }) &&
         std::ranges::any_of(runs, [&](const Run& run) { return run.first > cell->x; });
}

RowSpan SpanOf(const Run& run) {
  return {run.middle(), static_cast<float>(std::max(0, run.width())) / 2};
}

}  // namespace

TopShape MeasureTop(const cv::Mat& mask) {
  constexpr double kHemWidth = .5;
  const GarmentGrid grid = GridOf(mask);
  TopInGrid top;
  top.middle = MiddleColumn(grid);
  FindArmpits(grid, top);
  FindShoulders(grid, top);
  TopShape shape;
  shape.pixels_per_metre = TopScale(top) / grid.scale;
  std::vector<RowSpan> spans(static_cast<size_t>(grid.inside.rows));
  int hem = grid.top;
  for (int y = grid.top; y <= grid.bottom; ++y) {
    const float left = EdgeAt(grid, top, 1, y), right = EdgeAt(grid, top, 0, y);
    if (right - left < 1) continue;
    spans[static_cast<size_t>(y)] = {(left + right) / 2, (right - left + 1) / 2};
    if (right - left > kHemWidth * top.chest()) hem = y;
  }
  for (int y = hem + 1; y <= grid.bottom; ++y) spans[static_cast<size_t>(y)] = {};
  shape.rows = InPicture(Smoothed(spans), grid, mask.rows);
  const auto row = [&](float cell) { return grid.ToPicture({0, cell}).y; };
  shape.neck_row = row(static_cast<float>(top.neck[0].y + top.neck[1].y) / 2);
  shape.armpit_row = row(static_cast<float>(top.armpit[0].y + top.armpit[1].y) / 2);
  shape.hem_row = row(static_cast<float>(hem));
  const cv::Point body(top.middle, (top.armpit[0].y + top.armpit[1].y) / 2 + grid.height() / 10);
  for (size_t s = 0; s < 2; ++s) {
    shape.neck[s] = grid.ToPicture(top.neck[s]);
    shape.shoulder[s] = grid.ToPicture(top.shoulder[s]);
    shape.armpit[s] = grid.ToPicture(top.armpit[s]);
    if (top.has_sleeve[s]) {
      const cv::Point over(0, 2);
      shape.sleeves[s] = TubeBeyond(grid, top.shoulder[s] - over, top.armpit[s] + over, body);
    }
  }
  return shape;
}

LowerShape MeasureLower(const cv::Mat& mask) {
  constexpr double kLeastLegs = .1;
  const GarmentGrid grid = GridOf(mask);
  const int middle = MiddleColumn(grid);
  LowerShape shape;
  int crotch = grid.bottom;
  int column = middle;
  for (const Notch& notch : NotchesOf(grid, kLeastNotch)) {
    const cv::Point top = *std::ranges::min_element(notch.cells, {}, &cv::Point::y);
    const bool open_below = notch.box.br().y > grid.bottom - grid.height() / 8;
    if (!open_below || !LiesBetween(grid, notch)) continue;
    if (grid.bottom - top.y < kLeastLegs * grid.height()) continue;
    if (top.y < crotch) {
      crotch = top.y;
      column = top.x;
    }
  }
  shape.has_legs = crotch < grid.bottom;
  std::vector<RowSpan> spans(static_cast<size_t>(grid.inside.rows));
  std::array<std::vector<RowSpan>, 2> legs = {spans, spans};
  for (int y = grid.top; y <= grid.bottom; ++y) {
    const std::vector<Run> runs = RunsOf(grid.inside, y);
    if (runs.empty()) continue;
    spans[static_cast<size_t>(y)] = SpanOf({runs.front().first, runs.back().last});
    if (y < crotch || !shape.has_legs) continue;
    for (size_t s = 0; s < 2; ++s) {
      Run widest;
      for (const Run& run : runs) {
        if (Outward(s) * (run.middle() - static_cast<float>(column)) <= 0) continue;
        if (run.width() > widest.width()) widest = run;
      }
      legs[s][static_cast<size_t>(y)] = SpanOf(widest);
    }
  }
  const auto rise = static_cast<float>(crotch - grid.top);
  const auto hip_row = static_cast<size_t>(grid.top + cvRound(.7f * rise));
  const float hips = 2 * spans[hip_row].half_width / kHips;
  const float waist = 2 * spans[static_cast<size_t>(grid.top + 4)].half_width / (.85f * kHips);
  float scale = shape.has_legs ? std::sqrt(hips * rise / kRise) : waist;
  const auto inseam = static_cast<float>(grid.bottom - crotch);
  if (inseam / scale > kLongestInseam) scale = inseam / kFullInseam;
  shape.pixels_per_metre = scale / grid.scale;
  const auto row = [&](int cell) { return grid.ToPicture({0, static_cast<float>(cell)}).y; };
  shape.waist_row = row(grid.top);
  shape.hem_row = row(grid.bottom);
  shape.crotch_row = row(crotch);
  shape.rows = InPicture(Smoothed(spans), grid, mask.rows);
  for (size_t s = 0; s < 2; ++s) {
    shape.legs[s] = InPicture(Smoothed(legs[s]), grid, mask.rows);
  }
  return shape;
}

}  // namespace atelier::edit
