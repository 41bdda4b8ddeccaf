#include "edit/pixels/body_places.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "people/carry/skin_places.h"

namespace atelier::edit {
namespace {

using people::Vec3;

// Metres in the mean shape.
constexpr float kFaceFront = .09f, kFaceTop = .80f;
constexpr float kMiddleOfFaceX = .045f, kMiddleOfFaceY = .05f;
constexpr float kCrownHeight = .09f;
constexpr float kWaist = .22f, kBreast = .36f, kCollar = .45f;
constexpr float kMiddleOfBelly = .13f, kBreastbone = .045f;
/// Share of the thigh from the hip on.
constexpr float kThighFrom = .18f, kThighTo = .5f;
// Of the skinning weights.
constexpr float kLeastArm = .3f, kLeastHead = .3f, kLeastNeck = .5f, kMostlyNeck = .4f;

/// 0 at `a`, 1 at `b`.
float Along(const Vec3& p, const Vec3& a, const Vec3& b) {
  const Vec3 way = b - a;
  return people::Clamp01(people::Dot(p - a, way) / people::Dot(way, way));
}

class Places {
 public:
  explicit Places(const people::Body& body) : body_(body), bones_(body.bones()) {
    for (const int v : body.skin_vertices()) top_ = std::max(top_, body.canonical(v).y);
    hands_ = people::VerticesOn(body, {bones_.hand[0], bones_.hand[1]}, true);
    feet_ = people::VerticesOn(body, {bones_.foot[0], bones_.foot[1]}, true);
  }

  BodyPlace At(int vertex) const {
    const auto v = static_cast<size_t>(vertex);
    const Vec3 at = body_.canonical(vertex);
    const int bone = body_.file().bone_indices[v][0];
    const Vec3 nose = body_.canonical(body_.nose_vertex());
    BodyPlace place;
    place.side = at.x > 0 ? people::kLeft : people::kRight;
    SetLimbs(at, bone, place);
    place.hand = hands_[v];
    place.foot = feet_[v];
    place.head = bone == bones_.head;
    place.face = place.head && at.z > kFaceFront && at.y < kFaceTop;
    place.middle_of_face =
        place.face && std::fabs(at.x) < kMiddleOfFaceX && std::fabs(at.y - nose.y) < kMiddleOfFaceY;
    place.crown = place.head && !place.face && at.y > top_ - kCrownHeight;
    place.height = at.y;
    const people::Attributes& a = body_.attributes()[v];
    place.trunk_or_leg =
        a.arm_weight < kLeastArm && a.head_weight < kLeastHead && a.neck_weight < kLeastNeck;
    place.neck = a.neck_weight > kMostlyNeck;
    const float aside = std::fabs(at.x);
    place.middle_of_trunk =
        place.trunk_or_leg && at.y > kWaist &&
        ((aside < kMiddleOfBelly && at.y < kBreast) || (aside < kBreastbone && at.y < kCollar));
    place.breastbone =
        place.trunk_or_leg && aside < kBreastbone && at.y > kBreast && at.y < kCollar && at.z > 0;
    place.middle_of_thigh = place.leg > kThighFrom && place.leg < kThighTo;
    return place;
  }

 private:
  void SetLimbs(const Vec3& at, int bone, BodyPlace& place) const {
    for (size_t side = 0; side < 2; ++side) {
      const Vec3 shoulder = body_.joint(bones_.upper_arm[side]),
                 elbow = body_.joint(bones_.lower_arm[side]),
                 wrist = body_.joint(bones_.hand[side]);
      const Vec3 hip = body_.joint(bones_.thigh[side]), knee = body_.joint(bones_.calf[side]),
                 ankle = body_.joint(bones_.foot[side]);
      if (bone == bones_.upper_arm[side]) place.arm = Along(at, shoulder, elbow);
      if (bone == bones_.lower_arm[side]) place.arm = 1 + Along(at, elbow, wrist);
      if (bone == bones_.thigh[side]) place.leg = Along(at, hip, knee);
      if (bone == bones_.calf[side]) place.leg = 1 + Along(at, knee, ankle);
    }
  }

  const people::Body& body_;
  const people::Bones& bones_;
  float top_ = -std::numeric_limits<float>::infinity();
  std::vector<bool> hands_, feet_;
};

people::RegionPrior::Shares Logarithms(people::RegionPrior::Shares shares) {
  for (float& share : shares) share = std::log(share);
  return shares;
}

}  // namespace

std::vector<BodyPlace> BodyPlacesOf(const people::Body& body, const people::RegionPrior& prior) {
  const Places facts(body);
  std::vector<BodyPlace> places;
  places.reserve(body.skin_vertices().size());
  for (size_t i = 0; i < body.skin_vertices().size(); ++i) {
    places.push_back(facts.At(body.skin_vertices()[i]));
    places.back().on_body = Logarithms(prior.on_body[i]);
    places.back().beside_body = Logarithms(prior.beside_body[i]);
  }
  return places;
}

std::vector<int> SurfacePlaces(const people::Body& body) {
  std::vector<int> places = people::PlacesInSkin(body);
  for (const std::vector<int>& eye : body.eye_vertices()) {
    for (const int v : eye) {
      float least = std::numeric_limits<float>::infinity();
      for (const int face : body.face_vertices()) {
        const int place = places[static_cast<size_t>(face)];
        const Vec3 off = body.canonical(face) - body.canonical(v);
        if (place < 0 || people::Dot(off, off) >= least) continue;
        least = people::Dot(off, off);
        places[static_cast<size_t>(v)] = place;
      }
    }
  }
  return places;
}

}  // namespace atelier::edit
