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
  /// Metres in the mean shape, up from its origin: hips 0.06, shoulders 0.52, eyes 0.75.
  float height = 0;
  bool head = false;
  bool hand = false;
  bool neck = false;
  /// The middle of the chest's front, between the strands of long hair.
  bool breastbone = false;
  /// Neither head, neck nor arm.
  bool trunk_or_leg = false;
  /// The front of the head below the brows.
  bool face = false;
  // Places that are surely a label's, where the person shows them at all. Hair hardly ever hangs
  // over those of the trunk, nor do tops over those of the thighs.
  bool middle_of_face = false, crown = false, middle_of_trunk = false, middle_of_thigh = false,
       foot = false;
};

/// By the places of vertices in Body::skin_vertices().
std::vector<BodyPlace> BodyPlacesOf(const people::Body& body, const people::RegionPrior& prior);

/// For every vertex of the body its place in Body::skin_vertices(): of vertices of the eyes that of
/// the nearest one of the skin, -1 for all others without skin.
std::vector<int> SurfacePlaces(const people::Body& body);

}  // namespace atelier::edit
