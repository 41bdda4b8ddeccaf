#include "edit/limb/donor_limb.h"

#include "edit/limb/limb_outline.h"
#include "edit/person/even_around.h"

namespace atelier::edit {
namespace {

/// Whether the person's front is to the camera.
bool FacesCamera(const people::Body& body, const Person& person) {
  double sum = 0;
  for (const int vertex : body.skin_vertices()) {
    const auto v = static_cast<size_t>(vertex);
    const people::Attributes& a = body.attributes()[v];
    if (OnTrunk(a) && a.at.z > 0) sum += static_cast<double>(person.normals[v].z);
  }
  return sum > 0;
}

/// Without the parts where something hides most of the limb's width.
void ForgetHidden(const LimbAxis& axis, LimbOutline& skin) {
  constexpr float kLeastShare = .75f;
  for (int station = 0; station < kLimbStations; ++station) {
    const auto k = static_cast<size_t>(station);
    if (skin.Width(station) >= kLeastShare * axis.body().Width(station)) continue;
    skin.left.seen[k] = skin.right.seen[k] = false;
  }
}

int SeenStations(const LimbOutline& outline, float from, float to) {
  int seen = 0;
  for (int k = 0; k < kLimbStations; ++k) {
    const float along = LimbAxis::AlongOf(k);
    if (along >= from && along <= to && outline.Seen(k)) ++seen;
  }
  return seen;
}

}  // namespace

std::optional<DonorLimb> DonorLimbOf(const people::Body& body, const Person& base,
                                     const Subject& donor, const LimbRange& range) {
  constexpr int kLeastStations = 4;
  if (!donor.appearance.has_skin) return std::nullopt;
  const bool turned = FacesCamera(body, base) != FacesCamera(body, donor.person);
  std::optional<DonorLimb> best;
  int most = kLeastStations - 1;
  for (const int side : {range.side, 1 - range.side}) {
    const auto axis = LimbAxis::Of(body, donor.person, range.limb, side);
    if (!axis) continue;
    LimbOutline skin = OutlineOf(*axis, donor.regions.mask(Label::kSkin));
    ForgetHidden(*axis, skin);
    const int seen = SeenStations(skin, range.from, range.to);
    if (seen <= most) continue;
    most = seen;
    best = DonorLimb{*axis, skin, turned != (side != range.side)};
  }
  return best;
}

}  // namespace atelier::edit
