#include "edit/flat/neck_opening.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <vector>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// A neckline: from neck point to neck point, `depth` pixels down in its middle.
struct Neckline {
  float depth = 0;
  /// 1 = a V, 2 = a bow, more = squarer.
  float power = 2;
};

cv::Point2f PlaceOn(const Neckline& line, const TopShape& shape, float share) {
  // From the wearer's right to left.
  const cv::Point2f start = shape.neck[1], end = shape.neck[0];
  const float across = 2 * share - 1;
  const float down = line.depth * (1 - std::pow(std::fabs(across), line.power));
  return start + (end - start) * share + cv::Point2f(0, down);
}

float ValueAt(const cv::Mat& values, cv::Point2f at) {
  const int x = cvRound(at.x - .5f), y = cvRound(at.y - .5f);
  return x < 0 || y < 0 || x >= values.cols || y >= values.rows ? 0 : values.at<float>(y, x);
}

/// Strength of the edges whose direction is along the neckline, in Lab.
class EdgeStrength {
 public:
  explicit EdgeStrength(const cv::Mat& picture, double sigma) {
    const cv::Mat lab = LabOf(Blurred(picture, sigma));
    cv::Scharr(lab, across_, CV_32F, 1, 0, 1 / 32.0);
    cv::Scharr(lab, down_, CV_32F, 0, 1, 1 / 32.0);
  }
  float Across(cv::Point2f at, cv::Point2f normal) const {
    const int x = cvRound(at.x - .5f), y = cvRound(at.y - .5f);
    if (x < 0 || y < 0 || x >= down_.cols || y >= down_.rows) return 0;
    const cv::Vec3f step =
        across_.at<cv::Vec3f>(y, x) * normal.x + down_.at<cv::Vec3f>(y, x) * normal.y;
    return static_cast<float>(cv::norm(step));
  }

 private:
  cv::Mat across_, down_;
};

/// A low percentile of the edge's strength along the line: an edge that is there all along.
float ScoreOf(const Neckline& line, const TopShape& shape, const EdgeStrength& edges,
              const cv::Mat& mask) {
  constexpr int kSteps = 48;
  constexpr float kFrom = .06f, kPercentile = .3f;
  std::vector<float> strengths;
  for (int i = 0; i <= kSteps; ++i) {
    const float share = kFrom + (1 - 2 * kFrom) * static_cast<float>(i) / kSteps;
    const cv::Point2f at = PlaceOn(line, shape, share);
    const cv::Point2f ahead =
        PlaceOn(line, shape, share + .01f) - PlaceOn(line, shape, share - .01f);
    const auto length = static_cast<float>(cv::norm(ahead));
    if (length <= 0 || ValueAt(mask, at) < .5f) {
      strengths.push_back(0);
      continue;
    }
    const cv::Point2f normal(-ahead.y / length, ahead.x / length);
    float best = 0;
    for (int off = -2; off <= 2; ++off) {
      best = std::max(best, edges.Across(at + normal * static_cast<float>(off), normal));
    }
    strengths.push_back(best);
  }
  const auto place = strengths.begin() + static_cast<std::ptrdiff_t>(
                                             kPercentile * static_cast<float>(strengths.size()));
  std::ranges::nth_element(strengths, place);
  return *place;
}

std::optional<Neckline> FindNeckline(const cv::Mat& picture, const cv::Mat& mask,
                                     const TopShape& shape) {
  constexpr float kShallow = .04f, kDeep = .32f, kStep = .004f;
  constexpr float kLeastStrength = .8f, kOfBest = .6f;
  const float metre = shape.pixels_per_metre;
  const EdgeStrength edges(picture, std::max(.8, .0012 * static_cast<double>(metre)));
  struct Candidate {
    Neckline line;
    float score = 0;
  };
  std::vector<Candidate> candidates;
  float best = 0;
  for (float depth = kShallow; depth <= kDeep; depth += kStep) {
    for (const float power : {1.0f, 1.25f, 1.6f, 2.0f, 2.6f, 3.4f}) {
      const Neckline line{depth * metre, power};
      candidates.push_back({line, ScoreOf(line, shape, edges, mask)});
      best = std::max(best, candidates.back().score);
    }
  }
  if (best < kLeastStrength) return std::nullopt;
  // Below a collar lies its other edge: the neckline is the first of several.
  const Candidate* chosen = nullptr;
  for (const Candidate& candidate : candidates) {
    if (candidate.score < kOfBest * best) continue;
    if (chosen == nullptr || candidate.line.depth < chosen->line.depth + .012f * metre) {
      if (chosen == nullptr || candidate.score > chosen->score) chosen = &candidate;
    }
  }
  return chosen->line;
}

}  // namespace

cv::Mat WithoutNeckOpening(const cv::Mat& picture, const cv::Mat& mask, const TopShape& shape) {
  constexpr int kSteps = 64;
  const std::optional<Neckline> line = FindNeckline(picture, mask, shape);
  if (!line) return mask;
  std::vector<cv::Point> opening;
  for (int i = 0; i <= kSteps; ++i) {
    opening.emplace_back(PlaceOn(*line, shape, static_cast<float>(i) / kSteps));
  }
  // Up and out of the garment, within the neck points.
  opening.emplace_back(cvRound(shape.neck[0].x), 0);
  opening.emplace_back(cvRound(shape.neck[1].x), 0);
  cv::Mat open(mask.size(), CV_32F, cv::Scalar(0));
  cv::fillPoly(open, std::vector<std::vector<cv::Point>>{opening}, cv::Scalar(1));
  return mask.mul(1 - Blurred(open, 1));
}

}  // namespace atelier::edit
