#include "edit/person/regions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "people/carry/skin_places.h"
#include "people/carry/skin_system.h"

namespace atelier::edit {
namespace {

// The membership x of all vertices of the skin in a label is the least squares solution of
//
//   sum_seen w_i (x_i - m_i)^2 + kSmoothness sum_edges (x_i - x_j)^2 + kMeanShare sum_i (x_i - m)^2
//
// w is how squarely a vertex is seen, m_i what the label's mask says there and m the mean of those.
constexpr double kSmoothness = .1;
constexpr double kMeanShare = 1e-3;
/// What a vertex tells about its mirrored twin.
constexpr double kTwinShare = .3;
/// Metres between a vertex and the surface that is seen in its place: more is another surface.
constexpr float kSameSurface = .03f;
constexpr float kLeastSquareness = .1f;
constexpr float kLeastMask = .5f;

/// What the picture shows of the vertices of the skin, by their places.
struct SeenLabels {
  std::vector<double> weight;
  std::array<std::vector<double>, kLabelCount> value;
};

/// How squarely a vertex is seen; 0 = not at all. Sets the pixel that shows it.
float SquarenessOf(const Person& person, size_t vertex, cv::Point& pixel) {
  const people::ScreenPoint& at = person.screen[vertex];
  pixel = {people::FloorToInt(at.x), people::FloorToInt(at.y)};
  if (pixel.x < 0 || pixel.y < 0 || pixel.x >= person.width() || pixel.y >= person.height()) {
    return 0;
  }
  const size_t place = static_cast<size_t>(pixel.y) * static_cast<size_t>(person.width()) +
                       static_cast<size_t>(pixel.x);
  if (std::fabs(person.visible.depth[place] - at.depth) > kSameSurface) return 0;
  if (person.mask.at<float>(pixel) < kLeastMask) return 0;
  const people::Vec3 camera{0, 0, static_cast<float>(person.body.camera.distance)};
  const people::Vec3 to_camera = people::Unit(camera - person.body.points[vertex]);
  const float squareness = people::Dot(person.normals[vertex], to_camera);
  return squareness > kLeastSquareness ? squareness : 0;
}

SeenLabels ReadLabels(const people::Body& body, const Person& person,
                      const std::array<cv::Mat, kLabelCount>& masks) {
  const std::vector<int>& skin = body.skin_vertices();
  SeenLabels seen;
  seen.weight.assign(skin.size(), 0);
  seen.value.fill(std::vector<double>(skin.size(), 0));
  for (size_t i = 0; i < skin.size(); ++i) {
    const auto vertex = static_cast<size_t>(skin[i]);
    cv::Point pixel;
    double weight = static_cast<double>(SquarenessOf(person, vertex, pixel));
    if (weight <= 0) continue;
    // Hair that hangs over the body says nothing of what is under it.
    if (body.attributes()[vertex].head_weight < .5f) {
      weight *= 1 - static_cast<double>(masks[IndexOf(Label::kHair)].at<float>(pixel));
    }
    seen.weight[i] = weight;
    for (size_t label = 0; label < masks.size(); ++label) {
      seen.value[label][i] = static_cast<double>(masks[label].at<float>(pixel));
    }
  }
  return seen;
}

double WeightedMean(const std::vector<double>& values, const std::vector<double>& weights) {
  double sum = 0, total = 1e-9;
  for (size_t i = 0; i < values.size(); ++i) {
    sum += values[i] * weights[i];
    total += weights[i];
  }
  return sum / total;
}

std::array<std::vector<float>, kLabelCount> SpreadLabels(const people::Body& body,
                                                         const SeenLabels& seen) {
  const std::vector<int>& skin = body.skin_vertices();
  const std::vector<int> twins = people::MirrorTwins(body);
  std::vector<double> weights(skin.size());
  for (size_t i = 0; i < skin.size(); ++i) {
    weights[i] =
        seen.weight[i] + kTwinShare * seen.weight[static_cast<size_t>(twins[i])] + kMeanShare;
  }
  const people::SkinSystem system(body, weights, kSmoothness);
  std::array<std::vector<float>, kLabelCount> membership;
  for (size_t label = 0; label < membership.size(); ++label) {
    const std::vector<double>& value = seen.value[label];
    const double mean = WeightedMean(value, seen.weight);
    std::vector<double> weighted(skin.size());
    for (size_t i = 0; i < skin.size(); ++i) {
      const auto twin = static_cast<size_t>(twins[i]);
      weighted[i] = seen.weight[i] * value[i] + kTwinShare * seen.weight[twin] * value[twin] +
                    kMeanShare * mean;
    }
    const std::vector<double> spread = system.Solve(weighted);
    membership[label].assign(static_cast<size_t>(body.file().vertex_count), 0);
    for (size_t i = 0; i < skin.size(); ++i) {
      membership[label][static_cast<size_t>(skin[i])] =
          static_cast<float>(std::clamp(spread[i], 0.0, 1.0));
    }
  }
  return membership;
}

/// Hands are skin: the body's fingers are never quite where the picture has them.
void BareHands(const people::Body& body, std::array<std::vector<float>, kLabelCount>& membership) {
  const std::array<int, 2>& hands = body.bones().hand;
  const std::vector<bool> on_hand = people::VerticesOn(body, {hands[0], hands[1]}, true);
  for (const int v : body.skin_vertices()) {
    const auto vertex = static_cast<size_t>(v);
    if (!on_hand[vertex]) continue;
    for (auto& of_label : membership) of_label[vertex] = 0;
    membership[IndexOf(Label::kSkin)][vertex] = 1;
  }
}

}  // namespace

Regions RegionsOf(const people::Body& body, const Person& person,
                  std::array<cv::Mat, kLabelCount> masks) {
  Regions regions;
  regions.membership = SpreadLabels(body, ReadLabels(body, person, masks));
  BareHands(body, regions.membership);
  regions.masks = std::move(masks);
  return regions;
}

}  // namespace atelier::edit
