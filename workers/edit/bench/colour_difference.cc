#include "edit/bench/colour_difference.h"

#include <cmath>
#include <numbers>

namespace atelier::edit {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
/// 25^7.
constexpr double kChroma7 = 6103515625.0;

double Chroma(double a, double b) { return std::hypot(a, b); }

/// Weight of grey in the chroma's seventh power.
double SaturationOf(double chroma) {
  const double c7 = std::pow(chroma, 7);
  return std::sqrt(c7 / (c7 + kChroma7));
}

/// Degrees, 0..360; 0 for grey.
double Hue(double a, double b) {
  if (a == 0 && b == 0) return 0;
  const double degrees = std::atan2(b, a) / kDegree;
  return degrees < 0 ? degrees + 360 : degrees;
}

/// From one hue to another by the shorter way, degrees.
double HueStep(double from, double to) {
  const double step = to - from;
  if (step > 180) return step - 360;
  return step < -180 ? step + 360 : step;
}

double MeanHue(double one, double other) {
  const double sum = one + other;
  if (std::fabs(one - other) <= 180) return sum / 2;
  return sum < 360 ? (sum + 360) / 2 : (sum - 360) / 2;
}

}  // namespace

// Names follow Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005.
double Ciede2000(const LabColour& one, const LabColour& other) {
  const double g = .5 * (1 - SaturationOf((Chroma(one.a, one.b) + Chroma(other.a, other.b)) / 2));
  const double a1 = (1 + g) * one.a, a2 = (1 + g) * other.a;
  const double c1 = Chroma(a1, one.b), c2 = Chroma(a2, other.b);
  const bool has_hue = c1 * c2 != 0;
  const double h1 = Hue(a1, one.b), h2 = Hue(a2, other.b);

  const double dl = other.l - one.l, dc = c2 - c1;
  const double dh = has_hue ? 2 * std::sqrt(c1 * c2) * std::sin(HueStep(h1, h2) / 2 * kDegree) : 0;

  const double l = (one.l + other.l) / 2, c = (c1 + c2) / 2;
  const double h = has_hue ? MeanHue(h1, h2) : h1 + h2;
  const double t = 1 - .17 * std::cos((h - 30) * kDegree) + .24 * std::cos(2 * h * kDegree) +
                   .32 * std::cos((3 * h + 6) * kDegree) - .2 * std::cos((4 * h - 63) * kDegree);
  const double from_grey = (l - 50) * (l - 50);
  const double sl = 1 + .015 * from_grey / std::sqrt(20 + from_grey);
  const double sc = 1 + .045 * c, sh = 1 + .015 * c * t;
  const double turn = 30 * std::exp(-std::pow((h - 275) / 25, 2));
  const double rt = -2 * SaturationOf(c) * std::sin(2 * turn * kDegree);
  const double vl = dl / sl, vc = dc / sc, vh = dh / sh;
  return std::sqrt(vl * vl + vc * vc + vh * vh + rt * vc * vh);
}

}  // namespace atelier::edit
