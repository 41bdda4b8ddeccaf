#include "edit/limb/limb_outline.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// Half widths of the body.
constexpr float kFurthest = 1.9f, kMiddleOff = .8f;

/// Unseen parts continue the nearest seen ones.
void FillUnseen(LimbEdge& edge) {
  const LimbEdge given = edge;
  for (size_t k = 0; k < kLimbStations; ++k) {
    size_t nearest = kLimbStations;
    for (size_t other = 0; other < kLimbStations; ++other) {
      if (!given.seen[other]) continue;
      const auto off = [&](size_t at) { return at > k ? at - k : k - at; };
      if (nearest == kLimbStations || off(other) < off(nearest)) nearest = other;
    }
    if (nearest < kLimbStations) edge.across[k] = given.across[nearest];
  }
}

}  // namespace

LimbOutline OutlineOf(const LimbAxis& axis, const cv::Mat& mask) {
  const cv::Rect picture({}, mask.size());
  LimbOutline outline;
  for (int station = 0; station < kLimbStations; ++station) {
    const auto k = static_cast<size_t>(station);
    const float along = LimbAxis::AlongOf(station), half = axis.body().Width(station) / 2;
    const auto inside = [&](float across) {
      const cv::Point2f at = axis.At({along, across});
      const cv::Point pixel(static_cast<int>(std::lround(at.x)),
                            static_cast<int>(std::lround(at.y)));
      return picture.contains(pixel) && mask.at<float>(pixel) > .5f;
    };
    // The line may be beside the limb where the body is not fitted well.
    float start = 0;
    for (float off = 0; off <= kMiddleOff * half && !inside(start); off += 1) {
      start = inside(off) ? off : -off;
    }
    if (!inside(start)) continue;
    const auto walk = [&](float step, LimbEdge& edge) {
      float across = start;
      while (inside(across + step) && std::fabs(across) <= kFurthest * half) across += step;
      edge.across[k] = across + step / 2;
      edge.seen[k] = std::fabs(across) <= kFurthest * half;
    };
    walk(-1, outline.right);
    walk(1, outline.left);
  }
  return outline;
}

std::optional<EndEdges> EdgesBeyond(const LimbAxis& axis, const cv::Mat& mask, float most,
                                    float length) {
  constexpr float kLeastWidth = .55f, kMostWidth = 1.6f;
  const cv::Rect picture({}, mask.size());
  const float width = axis.body().Width(kLimbStations - 1);
  std::vector<float> right, left;
  for (float beyond = 0; beyond <= most; beyond += 1) {
    const auto inside = [&](float across) {
      const cv::Point2f at = axis.Beyond(beyond, across);
      const cv::Point pixel(static_cast<int>(std::lround(at.x)),
                            static_cast<int>(std::lround(at.y)));
      return picture.contains(pixel) && mask.at<float>(pixel) > .5f;
    };
    float start = 0;
    for (float off = 0; off <= kMiddleOff * width / 2 && !inside(start); off += 1) {
      start = inside(off) ? off : -off;
    }
    float low = start, high = start;
    while (inside(low - 1) && start - low < kMostWidth * width) low -= 1;
    while (inside(high + 1) && high - start < kMostWidth * width) high += 1;
    const float across = high - low + 1;
    if (!inside(start) || across < kLeastWidth * width || across > kMostWidth * width) {
      right.clear();
      left.clear();
      continue;
    }
    right.push_back(low - .5f);
    left.push_back(high + .5f);
    if (static_cast<float>(right.size()) >= length) break;
  }
  if (right.empty() || static_cast<float>(right.size()) < length) return std::nullopt;
  return EndEdges{MedianOf(right), MedianOf(left)};
}

LimbEdge Smoothed(const LimbEdge& edge) {
  constexpr int kReach = 3;
  LimbEdge out = edge;
  for (int k = 0; k < kLimbStations; ++k) {
    float sum = 0, weight = 0;
    for (int off = -kReach; off <= kReach; ++off) {
      const auto near = static_cast<size_t>(std::clamp(k + off, 0, kLimbStations - 1));
      const auto w = static_cast<float>(kReach + 1 - std::abs(off));
      sum += w * edge.across[near];
      weight += w;
    }
    out.across[static_cast<size_t>(k)] = sum / weight;
  }
  return out;
}

LimbOutline Continued(LimbOutline outline) {
  FillUnseen(outline.left);
  FillUnseen(outline.right);
  return {Smoothed(outline.right), Smoothed(outline.left)};
}

}  // namespace atelier::edit
