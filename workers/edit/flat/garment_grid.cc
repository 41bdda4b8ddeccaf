#include "edit/flat/garment_grid.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <queue>

namespace atelier::edit {
namespace {

constexpr int kHeight = 256, kMargin = 4;

/// Cells of `region` by how far they are from the line within it, along paths of cells.
cv::Mat DistanceWithin(const cv::Mat& region, cv::Point from, cv::Point to) {
  constexpr double kBeside = 2.5;
  cv::Mat distance(region.size(), CV_32F, cv::Scalar(std::numeric_limits<float>::infinity()));
  using Reached = std::pair<float, int>;
  std::priority_queue<Reached, std::vector<Reached>, std::greater<>> open;
  const cv::Point2d start = from, line = cv::Point2d(to) - start;
  for (int y = 0; y < region.rows; ++y) {
    for (int x = 0; x < region.cols; ++x) {
      if (region.at<uint8_t>(y, x) == 0) continue;
      const cv::Point2d off = cv::Point2d(x, y) - start;
      const double along = std::clamp(off.dot(line) / std::max(1.0, line.dot(line)), 0.0, 1.0);
      const double beside = cv::norm(off - along * line);
      if (beside > kBeside) continue;
      distance.at<float>(y, x) = static_cast<float>(beside);
      open.emplace(static_cast<float>(beside), y * region.cols + x);
    }
  }
  while (!open.empty()) {
    const auto [reached, cell] = open.top();
    open.pop();
    const int y = cell / region.cols, x = cell % region.cols;
    if (reached > distance.at<float>(y, x)) continue;
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) {
        const int ny = y + dy, nx = x + dx;
        if (ny < 0 || nx < 0 || ny >= region.rows || nx >= region.cols) continue;
        if (region.at<uint8_t>(ny, nx) == 0) continue;
        const float next = reached + (dx != 0 && dy != 0 ? 1.41421f : 1.0f);
        if (next >= distance.at<float>(ny, nx)) continue;
        distance.at<float>(ny, nx) = next;
        open.emplace(next, ny * region.cols + nx);
      }
    }
  }
  return distance;
}

/// What the line cuts off from the cell `body`.
cv::Mat CutOff(const cv::Mat& inside, cv::Point from, cv::Point to, cv::Point body) {
  cv::Mat cut = inside.clone(), labels, stats, centres;
  cv::line(cut, from, to, cv::Scalar(0), 2, cv::LINE_8);
  const int count = cv::connectedComponentsWithStats(cut, labels, stats, centres, 4, CV_32S);
  const int of_body = labels.at<int>(body);
  const cv::Point2d middle = (cv::Point2d(from) + cv::Point2d(to)) / 2;
  int best = 0;
  for (int k = 1; k < count; ++k) {
    const double outward = (centres.at<double>(k, 0) - middle.x) * (middle.x < body.x ? -1 : 1);
    if (k == of_body || outward <= 0) continue;
    if (best == 0 || stats.at<int>(k, cv::CC_STAT_AREA) > stats.at<int>(best, cv::CC_STAT_AREA)) {
      best = k;
    }
  }
  return best == 0 ? cv::Mat() : cv::Mat(labels == best);
}

}  // namespace

GarmentGrid GridOf(const cv::Mat& mask) {
  const cv::Rect box = cv::boundingRect(cv::Mat(mask > .5));
  GarmentGrid grid;
  grid.scale = static_cast<float>(kHeight) / static_cast<float>(box.height);
  const cv::Size size(std::max(1, cvRound(static_cast<float>(box.width) * grid.scale)), kHeight);
  cv::Mat small;
  cv::resize(mask(box), small, size, 0, 0, grid.scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::copyMakeBorder(cv::Mat(small > .5), grid.inside, kMargin, kMargin, kMargin, kMargin,
                     cv::BORDER_CONSTANT, cv::Scalar(0));
  grid.origin = cv::Point2f(box.tl()) - cv::Point2f(kMargin, kMargin) / grid.scale;
  const cv::Rect filled = cv::boundingRect(grid.inside);
  grid.top = filled.y;
  grid.bottom = filled.br().y - 1;
  return grid;
}

std::vector<Run> RunsOf(const cv::Mat& inside, int row) {
  std::vector<Run> runs;
  const uint8_t* cells = inside.ptr<uint8_t>(row);
  for (int x = 0; x < inside.cols; ++x) {
    if (cells[x] == 0) continue;
    if (runs.empty() || runs.back().last != x - 1) runs.push_back({x, x - 1});
    runs.back().last = x;
  }
  return runs;
}

Run RunAt(const cv::Mat& inside, int row, int column) {
  Run best;
  int nearest = std::numeric_limits<int>::max();
  for (const Run& run : RunsOf(inside, row)) {
    const int off = std::max({0, run.first - column, column - run.last});
    if (off >= nearest) continue;
    nearest = off;
    best = run;
  }
  return best;
}

std::vector<Notch> NotchesOf(const GarmentGrid& grid, double least_share) {
  std::vector<cv::Point> points, hull;
  cv::findNonZero(grid.inside, points);
  cv::convexHull(points, hull);
  cv::Mat filled = cv::Mat::zeros(grid.inside.size(), CV_8U), labels, stats, centres;
  cv::fillConvexPoly(filled, hull, cv::Scalar(255));
  const cv::Mat open = filled & ~grid.inside;
  const int count = cv::connectedComponentsWithStats(open, labels, stats, centres, 4, CV_32S);
  std::vector<Notch> all(static_cast<size_t>(count)), notches;
  for (int y = 0; y < labels.rows; ++y) {
    for (int x = 0; x < labels.cols; ++x) {
      const int label = labels.at<int>(y, x);
      if (label > 0) all[static_cast<size_t>(label)].cells.emplace_back(x, y);
    }
  }
  for (Notch& notch : all) {
    if (static_cast<double>(notch.cells.size()) <
            least_share * static_cast<double>(points.size()) ||
        notch.cells.empty()) {
      continue;
    }
    notch.box = cv::boundingRect(notch.cells);
    notches.push_back(std::move(notch));
  }
  return notches;
}

std::optional<int> TopOf(const cv::Mat& inside, int column) {
  if (column < 0 || column >= inside.cols) return std::nullopt;
  for (int y = 0; y < inside.rows; ++y) {
    if (inside.at<uint8_t>(y, column) != 0) return y;
  }
  return std::nullopt;
}

ClothTube TubeBeyond(const GarmentGrid& grid, cv::Point from, cv::Point to, cv::Point body) {
  constexpr float kStep = 4;
  constexpr float kWhole = .85f;
  const cv::Mat region = CutOff(grid.inside, from, to, body);
  ClothTube tube;
  if (region.empty()) return tube;
  const cv::Mat distance = DistanceWithin(region, from, to);
  struct Slice {
    cv::Point2f sum{0, 0};
    float count = 0;
  };
  std::vector<Slice> slices;
  for (int y = 0; y < region.rows; ++y) {
    for (int x = 0; x < region.cols; ++x) {
      const float d = distance.at<float>(y, x);
      if (!std::isfinite(d)) continue;
      const auto at = static_cast<size_t>(d / kStep);
      if (slices.size() <= at) slices.resize(at + 1);
      slices[at].sum += cv::Point2f(static_cast<float>(x), static_cast<float>(y));
      ++slices[at].count;
    }
  }
  // A cuff is cut straight and slices are not: the last of them are corners of it.
  constexpr size_t kBefore = 3;
  const size_t least = slices.size() / 2;
  while (slices.size() > std::max(least, kBefore + 1) &&
         slices.back().count < kWhole * slices[slices.size() - 1 - kBefore].count) {
    slices.pop_back();
  }
  tube.step = kStep / grid.scale;
  for (const Slice& slice : slices) {
    if (slice.count == 0) break;
    tube.stations.push_back(
        {grid.ToPicture(slice.sum / slice.count), slice.count / kStep / 2 / grid.scale});
  }
  return tube;
}

}  // namespace atelier::edit
