// Paint: the unlit colour of every surface at a canonical point.
#pragma once

#include <optional>

#include "people/look/coverage.h"
#include "people/look/fabric.h"
#include "people/render/render.h"

namespace atelier::people {

struct Surface {
  Vec3 colour;
  float specular = 0;
  float crease = 0;  // how far cloth creases bend the normal
  Region region = Region::kBackground;
};

/// Keeps references: outlived by its arguments.
class Painter {
 public:
  Painter(const Body& body, const Look& look);
  Surface At(Layer layer, const Attributes& a) const;

 private:
  /// What covers this point of a layer: an inner layer that pokes through takes the outer's colour.
  Layer Outermost(Layer layer, const Attributes& a) const;
  Surface Skin(const Attributes& a) const;
  Vec3 FaceSkin(const Attributes& a, Vec3 colour) const;
  Vec3 Brows(const Vec3& p, const Vec3& colour) const;
  Vec3 Beard(const Attributes& a, const Vec3& colour) const;
  Vec3 Eyewear(const Vec3& p, const Vec3& colour) const;
  Surface Eye(const Attributes& a) const;
  Surface HairSurface(const Attributes& a) const;
  Surface TopSurface(const Attributes& a) const;
  Surface BottomSurface(const Attributes& a, bool skirt) const;
  Surface JacketSurface(const Attributes& a) const;
  Surface ShoeSurface(const Attributes& a) const;

  const Body& body_;
  const Look& look_;
  const NoiseField& noise_;
  FabricPainter top_;
  FabricPainter bottom_;
  std::optional<FabricPainter> jacket_;
};

}  // namespace atelier::people
