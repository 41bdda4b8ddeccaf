#include "edit/face/head_fit.h"

#include <algorithm>
#include <cmath>

#include "people/body/body_view.h"

namespace atelier::edit {
namespace {

using people::Vec3;

/// A face that is so much larger, smaller or further away is not that of the body's head.
constexpr double kMostScale = 1.7;
constexpr double kMostMetres = .12;

cv::Point2f MiddleOf(const Person& person, const std::vector<int>& vertices) {
  cv::Point2f sum(0, 0);
  for (const int v : vertices) {
    const people::ScreenPoint& at = person.screen[static_cast<size_t>(v)];
    sum += {at.x, at.y};
  }
  return sum / static_cast<float>(vertices.size());
}

/// The vertices at the corners of the mouth: right, left.
std::array<int, 2> MouthCorners(const people::Body& body) {
  std::array<int, 2> corners = {body.nose_vertex(), body.nose_vertex()};
  for (const int v : body.skin_vertices()) {
    const people::Attributes& a = body.attributes()[static_cast<size_t>(v)];
    if (a.lips < .5f) continue;
    if (a.at.x < body.canonical(corners[0]).x) corners[0] = v;
    if (a.at.x > body.canonical(corners[1]).x) corners[1] = v;
  }
  return corners;
}

Vec3 Facing(const people::Body& body, const Person& person) {
  Vec3 middle;
  const std::vector<int>& skull = body.skull_vertices();
  for (const int v : skull) middle += person.body.points[static_cast<size_t>(v)];
  middle = middle * (1 / static_cast<float>(skull.size()));
  return people::Unit(person.body.points[static_cast<size_t>(body.nose_vertex())] - middle);
}

bool Plausible(const PlaneSimilarity& move, const FivePoints& from, const FivePoints& to,
               double pixels_per_metre) {
  if (move.scale() > kMostScale || move.scale() < 1 / kMostScale) return false;
  double most = 0;
  for (size_t i = 0; i < from.size(); ++i) most = std::max(most, cv::norm(to[i] - from[i]));
  return most < kMostMetres * pixels_per_metre;
}

}  // namespace

FivePoints ListOf(const FacePoints& p) {
  return {p.right_eye, p.left_eye, p.nose, p.right_mouth, p.left_mouth};
}

FacePoints BodyFacePoints(const people::Body& body, const Person& person) {
  const std::array<int, 2> mouth = MouthCorners(body);
  return {MiddleOf(person, body.eye_vertices()[people::kRight]),
          MiddleOf(person, body.eye_vertices()[people::kLeft]),
          MiddleOf(person, {body.nose_vertex()}), MiddleOf(person, {mouth[0]}),
          MiddleOf(person, {mouth[1]})};
}

Person WithHeadAtFace(const people::Body& body, const Subject& subject) {
  Person person = subject.person;
  if (!subject.face) return person;
  const FivePoints from = ListOf(BodyFacePoints(body, person)), to = ListOf(*subject.face);
  const std::optional<PlaneSimilarity> move = SimilarityOf(from, to);
  const std::optional<PointWarp> warp = PointWarp::Between(from, to);
  if (!move || !warp || !Plausible(*move, from, to, person.pixels_per_metre())) return person;
  for (size_t v = 0; v < person.screen.size(); ++v) {
    const float share = body.attributes()[v].head_weight;
    if (share <= 0) continue;
    people::ScreenPoint& at = person.screen[v];
    const cv::Point2f moved = (*warp)({at.x, at.y});
    at.x += share * (moved.x - at.x);
    at.y += share * (moved.y - at.y);
  }
  person.visible = people::DrawSurface(body, person.screen, person.height(), person.width());
  return person;
}

double AngleBetweenHeads(const people::Body& body, const Person& one, const Person& other) {
  const float cosine = people::Dot(Facing(body, one), Facing(body, other));
  return std::acos(std::clamp(static_cast<double>(cosine), -1.0, 1.0)) * 180 / CV_PI;
}

HeadSimilarity SimilarityOfHeads(const people::Body& body, const Subject& base,
                                 const Subject& donor) {
  std::vector<cv::Point2f> from, to;
  std::vector<float> weights;
  if (base.face && donor.face) {
    const FivePoints a = ListOf(*donor.face), b = ListOf(*base.face);
    from.assign(a.begin(), a.end());
    to.assign(b.begin(), b.end());
  } else {
    // What both pictures show counts most.
    for (const int v : body.skull_vertices()) {
      const auto vertex = static_cast<size_t>(v);
      const people::ScreenPoint &a = donor.person.screen[vertex], &b = base.person.screen[vertex];
      from.emplace_back(a.x, a.y);
      to.emplace_back(b.x, b.y);
      weights.push_back(.001f + std::max(0.0f, donor.person.normals[vertex].z) *
                                    std::max(0.0f, base.person.normals[vertex].z));
    }
  }
  const PlaneSimilarity to_base = SimilarityOf(from, to, weights).value_or(PlaneSimilarity{});
  return {to_base, ResidualOf(to_base, from, to, weights) / base.person.pixels_per_metre()};
}

}  // namespace atelier::edit
