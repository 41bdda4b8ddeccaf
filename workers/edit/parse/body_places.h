// What is known of every place of the body before a picture is looked at.
#pragma once

#include <vector>

#include "people/body/body.h"
#include "people/carry/region_prior.h"

namespace atelier::edit {

/// One vertex of the skin.
struct BodyPlace {
  /// Logarithms of the prior's shares on and beside the body.
  people::RegionPrior::Shares on_body{}, beside_body{};
  /// Along a limb's bones: 0 shoulder or hip, 1 elbow or knee, 2 wrist or ankle; -1 elsewhere.
  float arm = -1, leg = -1;
  /// people::Side.
  int side = 0;
  bool head = false;
  bool hand = false;
  /// The front of the head below the brows.
  bool face = false;
  // Places that are surely a label's, where the person shows them at all.
  bool middle_of_face = false, crown = false, middle_of_chest = false, hip = false, foot = false;
  /// The chest without sides and shoulders: hardly ever anything but cloth.
  bool chest = false;
};

/// By the places of vertices in Body::skin_vertices().
std::vector<BodyPlace> BodyPlacesOf(const people::Body& body, const people::RegionPrior& prior);

/// For every vertex of the body its place in Body::skin_vertices(): of vertices of the eyes that of
/// the nearest one of the skin, -1 for all others without skin.
std::vector<int> SurfacePlaces(const people::Body& body);

}  // namespace atelier::edit
