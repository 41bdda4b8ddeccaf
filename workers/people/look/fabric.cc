#include "people/look/fabric.h"

namespace atelier::people {
namespace {

constexpr float kStripeEdge = .08f;  // of a period

float Stripe(float position, float period, float duty) {
  return Ramp(duty / 2 - std::fabs(Fraction(position / period) - .5f), kStripeEdge);
}

}  // namespace

GarmentPoint GarmentPointOf(const Attributes& a) {
  const Vec3& p = a.at;
  GarmentPoint g;
  g.arm = a.arm_weight > .5f;
  g.leg = a.leg_weight > .5f && !g.arm;
  if (g.arm) {
    // The arm's axis in the rest pose falls away from the shoulder and turns forward at the elbow.
    const float up = p.y - (.519f - .183f * a.arm);
    const float out = std::fabs(p.x) - (.17f + .166f * a.arm);
    const float forward = p.z - .03f - .16f * std::max(a.arm - 1, 0.0f);
    g.along = .5f - a.arm * .25f;
    g.around = Atan2(forward, up + out) * .05f;
  } else if (g.leg) {
    g.along = p.y;
    g.around = Atan2(p.x - (p.x > 0 ? .14f : -.14f), p.z - .01f) * .07f;
  } else {
    g.along = p.y;
    g.around = Atan2(p.x, p.z) * .15f;
  }
  return g;
}

FabricPainter::FabricPainter(const Fabric& fabric, const NoiseField& noise)
    : fabric_(fabric), noise_(noise) {
  if (fabric.kind == FabricKind::kPrint) emblem_ = RasteriseEmblem(fabric.emblem);
}

Vec3 FabricPainter::At(const Attributes& a, const GarmentPoint& g) const {
  const auto& [base, second, third] = fabric_.colours;
  switch (fabric_.kind) {
    case FabricKind::kSolid:
      return base;
    case FabricKind::kHorizontalStripes:
      return Mix(base, second, Stripe(g.along, fabric_.period * 1.4f, fabric_.duty));
    case FabricKind::kVerticalStripes:
      return Mix(base, second, Stripe(g.around, fabric_.period, fabric_.duty * .6f));
    case FabricKind::kPlaid:
      return Plaid(g);
    case FabricKind::kDots:
      return Dots(g);
    case FabricKind::kCamouflage:
      return Camouflage(a.at);
    case FabricKind::kRaglan:
      return Mix(base, second, g.arm ? 1.0f : Ramp(std::fabs(a.at.x) - .16f, .006f));
    case FabricKind::kColourBlock:
      return Mix(Mix(base, second, Ramp(g.along - .34f, .004f)), third,
                 Ramp(.011f - std::fabs(g.along - .34f), .004f));
    case FabricKind::kPrint:
      return Print(a.at, g);
    case FabricKind::kDenim:
      return Denim(a.at, g);
  }
  return base;
}

Vec3 FabricPainter::Plaid(const GarmentPoint& g) const {
  const auto& [base, second, third] = fabric_.colours;
  const float period = fabric_.period * 1.5f;
  Vec3 c = Mix(base, second, .55f * Stripe(g.along, period, .4f));
  c = Mix(c, second, .55f * Stripe(g.around, period, .4f));
  const float thin = std::max(Stripe(g.along + period * .3f, period, .07f),
                              Stripe(g.around + period * .3f, period, .07f));
  return Mix(c, third, .8f * thin);
}

Vec3 FabricPainter::Dots(const GarmentPoint& g) const {
  const float period = fabric_.period * .9f;
  const float row = g.along / period;
  const float shift = (FloorToInt(row) & 1) != 0 ? .5f : 0.0f;
  const float x = Fraction(g.around / period + shift) - .5f;
  const float y = Fraction(row) - .5f;
  return Mix(fabric_.colours[0], fabric_.colours[1], Ramp(.28f - std::sqrt(x * x + y * y), .1f));
}

Vec3 FabricPainter::Camouflage(const Vec3& p) const {
  const Vec3 swapped{fabric_.phase.z, fabric_.phase.y, fabric_.phase.x};
  const Vec3 c = Mix(fabric_.colours[0], fabric_.colours[1] * .8f,
                     Ramp(noise_.At(p * 16 + fabric_.phase) - .52f, .03f));
  return Mix(c, fabric_.colours[2] * .6f, Ramp(noise_.At(p * 22 + swapped) - .62f, .03f));
}

Vec3 FabricPainter::Denim(const Vec3& p, const GarmentPoint& g) const {
  // Washes from pale to indigo: one hue, saturation and value from the fabric's own numbers.
  const float saturation = .25f + .5f * fabric_.duty;
  const float value = .2f + 6 * fabric_.period;
  const Vec3 wash{value * (1 - saturation), value * (1 - .6f * saturation), value};
  const float fade = .86f + .28f * noise_.At(p * 9 + fabric_.phase);
  const float weave = .94f + .12f * noise_.At(p * Vec3{300, 90, 300});
  const float seam = g.leg && std::fabs(p.z) < .004f ? .72f : 1.0f;
  return wash * (fade * weave * seam);
}

Vec3 FabricPainter::Print(const Vec3& p, const GarmentPoint& g) const {
  const Vec3& base = fabric_.colours[0];
  if (g.arm || p.z < .03f) return base;
  const float size = 2 * fabric_.emblem_half_size;
  const float x = p.x / size + .5f;
  const float y = (fabric_.emblem_height - p.y) / size + .5f;
  if (x <= 0 || x >= 1 || y <= 0 || y >= 1) return base;
  const auto row = static_cast<size_t>(y * kEmblemSize);
  const auto column = static_cast<size_t>(x * kEmblemSize);
  return emblem_[row * kEmblemSize + column] != 0 ? fabric_.colours[1] : base;
}

}  // namespace atelier::people
