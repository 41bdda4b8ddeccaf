#include "edit/flat/neck_opening.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <vector>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// Rays from the middle between the neck points, from the one on the picture's left down and around
/// to the other.
constexpr int kRays = 64;
/// Cells of a ray, from kNearest to kFurthest metres.
constexpr int kCells = 120;
constexpr float kNearest = .03f, kFurthest = .3f;
/// Lab steps per pixel: a weaker edge is none.
constexpr float kLeastStrength = .7f;

class NeckRays {
 public:
  explicit NeckRays(const TopShape& shape)
      : middle_((shape.neck[0] + shape.neck[1]) / 2), metre_(shape.pixels_per_metre) {
    const cv::Point2f from = shape.neck[1] - middle_;
    start_ = std::atan2(from.y, from.x);
    // Down and around: in the picture, angles grow clockwise and the left is at pi.
    if (start_ < 0) start_ += 2 * static_cast<float>(CV_PI);
  }
  cv::Point2f Direction(int ray) const {
    const float angle = start_ - static_cast<float>(CV_PI) * static_cast<float>(ray) / (kRays - 1);
    return {std::cos(angle), std::sin(angle)};
  }
  float Pixels(int cell) const {
    const float share = static_cast<float>(cell) / (kCells - 1);
    return (kNearest + share * (kFurthest - kNearest)) * metre_;
  }
  cv::Point2f At(int ray, int cell) const { return middle_ + Direction(ray) * Pixels(cell); }
  int CellOf(float pixels) const {
    const float share = (pixels / metre_ - kNearest) / (kFurthest - kNearest);
    return std::clamp(cvRound(share * (kCells - 1)), 0, kCells - 1);
  }

 private:
  cv::Point2f middle_;
  float metre_;
  float start_ = 0;
};

/// Strength of the edge across every cell's ray: [rays, cells], Lab steps per pixel, 0 outside of
/// the garment.
cv::Mat EdgesAlong(const cv::Mat& picture, const cv::Mat& mask, const NeckRays& rays,
                   double pixels_per_metre) {
  constexpr double kSmoothMetres = .0012;
  const cv::Mat lab = LabOf(Blurred(picture, std::max(.8, kSmoothMetres * pixels_per_metre)));
  cv::Mat across, down, out(kRays, kCells, CV_32F, cv::Scalar(0));
  cv::Scharr(lab, across, CV_32F, 1, 0, 1 / 32.0);
  cv::Scharr(lab, down, CV_32F, 0, 1, 1 / 32.0);
  const cv::Mat inner = Eroded(mask, std::max(2, cvRound(.003 * pixels_per_metre)));
  for (int ray = 0; ray < kRays; ++ray) {
    const cv::Point2f direction = rays.Direction(ray);
    for (int cell = 0; cell < kCells; ++cell) {
      const cv::Point2f at = rays.At(ray, cell);
      const int x = cvRound(at.x - .5f), y = cvRound(at.y - .5f);
      if (x < 0 || y < 0 || x >= lab.cols || y >= lab.rows) continue;
      if (inner.at<float>(y, x) < .5f) continue;
      const cv::Vec3f step =
          across.at<cv::Vec3f>(y, x) * direction.x + down.at<cv::Vec3f>(y, x) * direction.y;
      out.at<float>(ray, cell) = static_cast<float>(cv::norm(step));
    }
  }
  return out;
}

/// A cell for every ray, and how strong the edge along them is: the mean of its weaker half.
struct Path {
  std::vector<int> cells;
  float strength = 0;
};

/// The strongest smooth path, by dynamic programming. Ray i may use cells from `nearest` to
/// `furthest`[i].
Path StrongestPath(const cv::Mat& edges, const std::vector<int>& nearest,
                   const std::vector<int>& furthest) {
  constexpr int kMostStep = 6, kEnds = 8;
  // A strong edge for a few rays does not outweigh a weak one all along.
  constexpr float kEnough = 4, kBend = .08f, kNever = -1e9f;
  cv::Mat best(kRays, kCells, CV_32F, cv::Scalar(kNever)),
      from(kRays, kCells, CV_32S, cv::Scalar(0));
  for (int ray = 0; ray < kRays; ++ray) {
    const auto i = static_cast<size_t>(ray);
    for (int cell = nearest[i]; cell <= furthest[i]; ++cell) {
      const float gain = std::min(edges.at<float>(ray, cell), kEnough);
      if (ray == 0) {
        best.at<float>(ray, cell) = gain;
        continue;
      }
      for (int step = -kMostStep; step <= kMostStep; ++step) {
        const int before = cell + step;
        if (before < 0 || before >= kCells) continue;
        const float value =
            best.at<float>(ray - 1, before) + gain - kBend * static_cast<float>(std::abs(step));
        if (value <= best.at<float>(ray, cell)) continue;
        best.at<float>(ray, cell) = value;
        from.at<int>(ray, cell) = before;
      }
    }
  }
  cv::Point end;
  cv::minMaxLoc(best.row(kRays - 1), nullptr, nullptr, nullptr, &end);
  Path path;
  path.cells.resize(kRays);
  int cell = end.x;
  std::vector<float> strengths;
  for (int ray = kRays - 1; ray >= 0; --ray) {
    path.cells[static_cast<size_t>(ray)] = cell;
    // Beside the neck points the line leaves the garment.
    if (ray >= kEnds && ray < kRays - kEnds) strengths.push_back(edges.at<float>(ray, cell));
    cell = from.at<int>(ray, cell);
  }
  std::ranges::sort(strengths);
  const size_t half = strengths.size() / 2;
  for (size_t k = 0; k < half; ++k) path.strength += strengths[k] / static_cast<float>(half);
  return path;
}

/// The first edge that goes all around: below a collar lies its other edge.
std::optional<Path> FindNeckline(const cv::Mat& edges, const NeckRays& rays,
                                 const TopShape& shape) {
  constexpr float kShallow = .04f, kCollar = .012f, kOfOuter = .3f;
  const float to_neck = static_cast<float>(cv::norm(shape.neck[0] - shape.neck[1])) / 2;
  std::vector<int> nearest(kRays), furthest(kRays);
  for (int ray = 0; ray < kRays; ++ray) {
    // 0 at the neck points, 1 straight down. The inside of the back lies above kShallow.
    const float down =
        std::max(0.0f, std::sin(static_cast<float>(CV_PI) * static_cast<float>(ray) / (kRays - 1)));
    const auto i = static_cast<size_t>(ray);
    nearest[i] = rays.CellOf(to_neck * (1 - down) * .8f + down * kShallow * shape.pixels_per_metre);
    furthest[i] =
        rays.CellOf(to_neck * 1.25f + std::sqrt(down) * kFurthest * shape.pixels_per_metre);
  }
  Path path = StrongestPath(edges, nearest, furthest);
  if (path.strength < kLeastStrength) return std::nullopt;
  const int collar = rays.CellOf((kNearest + kCollar) * shape.pixels_per_metre);
  std::vector<int> inside(kRays);
  for (size_t i = 0; i < kRays; ++i) inside[i] = std::max(nearest[i], path.cells[i] - collar);
  Path inner = StrongestPath(edges, nearest, inside);
  if (inner.strength > std::max(kLeastStrength, kOfOuter * path.strength)) return inner;
  return path;
}

/// Whether the background is seen through the opening: then nothing of the inside is.
bool IsOpen(const cv::Mat& mask, const TopShape& shape) {
  constexpr float kBackNeck = .035f;
  const auto column =
      std::clamp(cvRound((shape.neck[0].x + shape.neck[1].x) / 2), 0, mask.cols - 1);
  const int below = cvRound(shape.neck_row + kBackNeck * shape.pixels_per_metre);
  return below >= mask.rows || mask.at<float>(std::max(0, below), column) < .5f;
}

/// The path's cell at a ray, without the waver of a line between two edges or of none.
int SmoothCell(const Path& line, int ray) {
  constexpr int kReach = 3;
  double sum = 0, total = 0;
  for (int off = -kReach; off <= kReach; ++off) {
    const double weight = std::exp(-off * off / (.4 * kReach * kReach));
    sum += weight * line.cells[static_cast<size_t>(std::clamp(ray + off, 0, kRays - 1))];
    total += weight;
  }
  return cvRound(sum / total);
}

}  // namespace

cv::Mat WithoutNeckOpening(const cv::Mat& picture, const cv::Mat& mask, const TopShape& shape) {
  if (IsOpen(mask, shape)) return mask;
  const NeckRays rays(shape);
  const cv::Mat edges =
      EdgesAlong(picture, mask, rays, static_cast<double>(shape.pixels_per_metre));
  const std::optional<Path> line = FindNeckline(edges, rays, shape);
  if (!line) return mask;
  std::vector<cv::Point> opening;
  for (int ray = 0; ray < kRays; ++ray) {
    opening.emplace_back(rays.At(ray, SmoothCell(*line, ray)));
  }
  // Up and out of the garment, within the neck points.
  opening.emplace_back(cvRound(shape.neck[0].x), 0);
  opening.emplace_back(cvRound(shape.neck[1].x), 0);
  cv::Mat open(mask.size(), CV_32F, cv::Scalar(0));
  cv::fillPoly(open, std::vector<std::vector<cv::Point>>{opening}, cv::Scalar(1));
  return mask.mul(1 - Blurred(open, 1));
}

}  // namespace atelier::edit
