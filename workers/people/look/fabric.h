// The colour of a fabric at a canonical point.
#pragma once

#include <vector>

#include "people/look/person.h"

namespace atelier::people {

/// Garment coordinates in metres: along the body or limb, and around it.
struct GarmentPoint {
  float along = 0;
  float around = 0;
  bool arm = false;
  bool leg = false;
};

GarmentPoint GarmentPointOf(const Attributes& a);

/// A fabric made ready for one rendering. Keeps references: outlived by its arguments.
class FabricPainter {
 public:
  FabricPainter(const Fabric& fabric, const NoiseField& noise);
  Vec3 At(const Attributes& a, const GarmentPoint& g) const;

 private:
  Vec3 Plaid(const GarmentPoint& g) const;
  Vec3 Dots(const GarmentPoint& g) const;
  Vec3 Camouflage(const Vec3& p) const;
  Vec3 Denim(const Vec3& p, const GarmentPoint& g) const;
  Vec3 Print(const Vec3& p, const GarmentPoint& g) const;

  const Fabric& fabric_;
  const NoiseField& noise_;
  std::vector<uint8_t> emblem_;
};

}  // namespace atelier::people
