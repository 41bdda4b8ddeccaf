#include "edit/limb/limb_axis.h"

#include <algorithm>
#include <cmath>

namespace atelier::edit {
namespace {

cv::Point2f Mixed(const cv::Point2f& a, const cv::Point2f& b, float share) {
  return a * (1 - share) + b * share;
}

/// The station before `along`, and how far it is on the way to the next.
std::pair<size_t, float> StationsAt(float along) {
  const float at = std::clamp(along / LimbAxis::kLength, 0.0f, 1.0f) * (kLimbStations - 1);
  const auto before = std::min(static_cast<size_t>(at), static_cast<size_t>(kLimbStations - 2));
  return {before, at - static_cast<float>(before)};
}

/// Without the bumps of muscles; the ends stay where they are.
std::array<cv::Point2f, kLimbStations> Smoothed(
    const std::array<cv::Point2f, kLimbStations>& line) {
  constexpr int kReach = 4;
  auto out = line;
  for (int k = 1; k + 1 < kLimbStations; ++k) {
    const int reach = std::min({kReach, k, kLimbStations - 1 - k});
    cv::Point2f sum(0, 0);
    for (int off = -reach; off <= reach; ++off) sum += line[static_cast<size_t>(k + off)];
    out[static_cast<size_t>(k)] = sum / (2 * reach + 1);
  }
  return out;
}

}  // namespace

float LimbEdge::At(float along) const {
  const auto [k, share] = StationsAt(along);
  return across[k] * (1 - share) + across[k + 1] * share;
}

std::optional<LimbAxis> LimbAxis::Of(const people::Body& body, const Person& person, Limb limb,
                                     int side) {
  constexpr float kReach = .08f;  // of the parameter, to each side of a station
  constexpr int kLeastVertices = 4;
  constexpr float kLeastLength = .15f;  // metres in the picture
  LimbAxis axis;
  std::vector<std::pair<float, cv::Point2f>> on_limb;
  for (const int vertex : body.skin_vertices()) {
    const auto v = static_cast<size_t>(vertex);
    const people::Attributes& a = body.attributes()[v];
    if (!IsOn(a, limb, side)) continue;
    const people::ScreenPoint p = person.body.camera.Project(person.body.points[v]);
    on_limb.emplace_back(AlongLimb(a, limb), cv::Point2f(p.x, p.y));
  }
  const auto near = [&](int station, const auto& use) {
    for (const auto& [along, at] : on_limb) {
      if (std::fabs(along - AlongOf(station)) <= kReach) use(at);
    }
  };
  for (int k = 0; k < kLimbStations; ++k) {
    cv::Point2f sum(0, 0);
    int count = 0;
    near(k, [&](const cv::Point2f& at) { sum += at, ++count; });
    if (count < kLeastVertices) return std::nullopt;
    axis.middle_[static_cast<size_t>(k)] = sum / count;
  }
  axis.middle_ = Smoothed(axis.middle_);
  float length = 0;
  for (size_t k = 0; k < kLimbStations; ++k) {
    const cv::Point2f along =
        axis.middle_[std::min<size_t>(k + 2, kLimbStations - 1)] - axis.middle_[k < 2 ? 0 : k - 2];
    const auto norm = static_cast<float>(cv::norm(along));
    if (norm < 1e-3f) return std::nullopt;
    axis.left_[k] = cv::Point2f(along.y, -along.x) / norm;
    if (k > 0) length += static_cast<float>(cv::norm(axis.middle_[k] - axis.middle_[k - 1]));
  }
  if (length < kLeastLength * static_cast<float>(person.pixels_per_metre())) return std::nullopt;
  for (int k = 0; k < kLimbStations; ++k) {
    const auto at = static_cast<size_t>(k);
    float& right = axis.body_.right.across[at];
    float& left = axis.body_.left.across[at];
    near(k, [&](const cv::Point2f& p) {
      const float across = (p - axis.middle_[at]).dot(axis.left_[at]);
      right = std::min(right, across);
      left = std::max(left, across);
    });
    axis.body_.right.seen[at] = axis.body_.left.seen[at] = true;
  }
  return axis;
}

cv::Point2f LimbAxis::MiddleAt(float along) const {
  const auto [k, share] = StationsAt(along);
  return Mixed(middle_[k], middle_[k + 1], share);
}

cv::Point2f LimbAxis::LeftAt(float along) const {
  const auto [k, share] = StationsAt(along);
  const cv::Point2f mixed = Mixed(left_[k], left_[k + 1], share);
  return mixed / std::max(1e-6, cv::norm(mixed));
}

cv::Point2f LimbAxis::At(const LimbPlace& place) const {
  return MiddleAt(place.along) + LeftAt(place.along) * place.across;
}

cv::Point2f LimbAxis::Beyond(float pixels, float across) const {
  const cv::Point2f &left = left_.back(), along(-left.y, left.x);
  return middle_.back() + along * pixels + left * across;
}

std::optional<LimbPlace> LimbAxis::PlaceOf(const cv::Point2f& at, float from, float to,
                                           float beyond) const {
  const auto first = StationsAt(from).first;
  const auto last = std::max(first, StationsAt(to).first);
  float best = std::numeric_limits<float>::max();
  LimbPlace place;
  bool is_beyond = false;
  for (size_t k = first; k <= last; ++k) {
    const cv::Point2f step = middle_[k + 1] - middle_[k], away = at - middle_[k];
    const float unbound = away.dot(step) / std::max(1e-6f, step.dot(step));
    const float most = k == last ? 1 + beyond / std::max(1e-3f, std::sqrt(step.dot(step))) : 1;
    const float share = std::clamp(unbound, 0.0f, most);
    const cv::Point2f off = away - step * share;
    if (off.dot(off) >= best) continue;
    best = off.dot(off);
    is_beyond = (k == first && unbound < 0) || (k == last && unbound > most);
    const float within = std::min(share, 1.0f);
    place.along = AlongOf(static_cast<int>(k)) + within * (kLength / (kLimbStations - 1));
    const float sign = off.dot(Mixed(left_[k], left_[k + 1], within)) < 0 ? -1.0f : 1.0f;
    place.across = sign * std::sqrt(best);
  }
  if (is_beyond) return std::nullopt;
  return place;
}

cv::Rect LimbAxis::Bounds() const {
  constexpr float kBeside = 1;  // widths
  cv::Rect2f bounds(middle_[0], cv::Size2f(1, 1));
  for (size_t k = 0; k < kLimbStations; ++k) {
    const float r = kBeside * body_.Width(static_cast<int>(k));
    bounds |= cv::Rect2f(middle_[k] - cv::Point2f(r, r), cv::Size2f(2 * r, 2 * r));
  }
  return bounds;
}

}  // namespace atelier::edit
