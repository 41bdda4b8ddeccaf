// Coverage: where each garment and hair surface is, as a signed distance in canonical space.
//
// Positive inside, negative outside, roughly in metres near the edge: the rasteriser tests vertices
// first and looks at single pixels only where an edge may run through a triangle.
#pragma once

#include "people/body/body.h"
#include "people/look/person.h"

namespace atelier::people {

/// What a triangle belongs to.
enum class Layer : uint8_t {
  kSkin,
  kEyes,
  kLashes,
  kTop,
  kBottom,
  kShoes,
  kSkirt,
  kHairCap,
  kHairStrips,
  kJacket,
};
inline constexpr int kLayerCount = 10;

/// Distances further than this from an edge are not trusted to matter inside one triangle.
inline constexpr float kEdgeBand = .035f;

float TopCoverage(const Top& top, const Attributes& a);
float JacketCoverage(const Jacket& jacket, const Attributes& a);
float TrousersCoverage(const Bottom& bottom, const Attributes& a);
float ShoesCoverage(const Shoes& shoes, const Attributes& a);
float SkirtCoverage(const Bottom& bottom, const Attributes& a);
float HairCapCoverage(const Hair& hair, const NoiseField& noise, const Attributes& a);
float HairStripsCoverage(const Hair& hair, const NoiseField& noise, const Attributes& a);

/// Height of the hairline at the direction of canonical point `p`.
float Hairline(const Hair& hair, const Vec3& p);

/// Of layers that are cut out of a larger surface. kSkin, kEyes, kLashes are whole.
float Coverage(Layer layer, const Look& look, const NoiseField& noise, const Attributes& a);

}  // namespace atelier::people
