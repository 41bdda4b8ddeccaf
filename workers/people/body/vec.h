// Small vectors and elementary functions whose every bit is the same on every machine.
//
// The C library's sin, exp and friends differ in the last bit between versions and processors, and
// a picture made from a seed must not. These use only + - * / and sqrt, which IEEE 754 fixes (the
// target is compiled without fused multiply-add). Errors stay below 1e-5, far under one grey level.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/random.h"

namespace atelier::people {

inline constexpr float kPi = 3.14159265358979f;

struct Vec3 {
  float x = 0;
  float y = 0;
  float z = 0;

  Vec3& operator+=(const Vec3& o) {
    x += o.x;
    y += o.y;
    z += o.z;
    return *this;
  }
  bool operator==(const Vec3&) const = default;
};

inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(const Vec3& a, float s) { return {a.x * s, a.y * s, a.z * s}; }
inline Vec3 operator*(const Vec3& a, const Vec3& b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
inline float Dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 Cross(const Vec3& a, const Vec3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float Length(const Vec3& a) { return std::sqrt(Dot(a, a)); }
inline Vec3 Unit(const Vec3& a) { return a * (1.0f / (Length(a) + 1e-9f)); }

inline float Clamp01(float x) { return x < 0 ? 0.0f : (x > 1 ? 1.0f : x); }
inline float Mix(float a, float b, float t) { return a + (b - a) * Clamp01(t); }
inline Vec3 Mix(const Vec3& a, const Vec3& b, float t) { return a + (b - a) * Clamp01(t); }
inline float Square(float x) { return x * x; }
/// 0 below -width/2, 1 above width/2, a ramp between: an edge that does not alias.
inline float Ramp(float x, float width) { return Clamp01(x / width + 0.5f); }

inline int FloorToInt(float x) {
  const int i = static_cast<int>(x);
  return i - (static_cast<float>(i) > x ? 1 : 0);
}
/// x - floor(x).
inline float Fraction(float x) { return x - static_cast<float>(FloorToInt(x)); }

inline float Sin(float radians) {
  constexpr double kTwoPi = 6.283185307179586;
  double x = radians;
  x -= kTwoPi * FloorToInt(static_cast<float>(x / kTwoPi + 0.5));  // [-pi, pi]
  if (x > kTwoPi / 4) x = kTwoPi / 2 - x;
  if (x < -kTwoPi / 4) x = -kTwoPi / 2 - x;
  const double s = x * x;
  const double series =
      1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110 * (1 - s / 156)))));
  return static_cast<float>(x * series);
}
inline float Cos(float radians) { return Sin(radians + kPi / 2); }
inline float Radians(float degrees) { return degrees * (kPi / 180); }

/// atan on [0, 1] by a minimax polynomial (error below 1e-5), the rest by symmetry.
inline float Atan2(float y, float x) {
  const float ax = std::fabs(x);
  const float ay = std::fabs(y);
  const float high = ax > ay ? ax : ay;
  if (high == 0) return 0;
  const float a = (ax > ay ? ay : ax) / high;
  const float s = a * a;
  float r = -0.01172120f;
  r = r * s + 0.05265332f;
  r = r * s - 0.11643287f;
  r = r * s + 0.19354346f;
  r = r * s - 0.33262347f;
  r = (r * s + 0.99997726f) * a;
  if (ay > ax) r = kPi / 2 - r;
  if (x < 0) r = kPi - r;
  return y < 0 ? -r : r;
}
inline float Acos(float x) { return Atan2(std::sqrt(std::max(0.0f, 1 - x * x)), x); }

/// e^x; 0 below -60. REQUIRES: x <= 60.
inline float Exp(float x) {
  if (x < -60) return 0;
  const float t = x * 1.44269504f;
  const int i = FloorToInt(t);
  const float f = (t - static_cast<float>(i)) * 0.69314718f;
  const float series =
      1 + f * (1 + f * (0.5f + f * (1 / 6.0f + f * (1 / 24.0f + f * (1 / 120.0f + f / 720.0f)))));
  const uint32_t bits = static_cast<uint32_t>(i + 127) << 23;
  float power = 0;
  std::memcpy(&power, &bits, sizeof power);
  return series * power;
}
/// exp(-(x^2)) of an already scaled distance squared.
inline float Bell(float distance_squared) {
  return distance_squared > 12 ? 0.0f : Exp(-distance_squared);
}

/// A draw close to normal (the sum of twelve uniforms), within +-6 sigma. Random::Normal() takes
/// the C library's logarithm, whose last bit is not everywhere the same.
inline float Gaussian(Random& random, double sigma) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Uniform();
  return static_cast<float>(sum * sigma);
}
inline float Draw(Random& random, double low, double high) {
  return static_cast<float>(random.Uniform(low, high));
}
inline Vec3 DrawVec3(Random& random, double low, double high) {
  const float x = Draw(random, low, high);
  const float y = Draw(random, low, high);
  return {x, y, Draw(random, low, high)};
}
/// An index with the given relative weights.
template <size_t N>
int Choose(Random& random, const std::array<double, N>& weights) {
  double total = 0;
  for (const double w : weights) total += w;
  double at = random.Uniform() * total;
  for (size_t i = 0; i + 1 < N; ++i) {
    if (at < weights[i]) return static_cast<int>(i);
    at -= weights[i];
  }
  return static_cast<int>(N) - 1;
}

struct Mat3 {
  std::array<Vec3, 3> row{Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};

  static Mat3 FromColumns(const Vec3& a, const Vec3& b, const Vec3& c) {
    return {{Vec3{a.x, b.x, c.x}, Vec3{a.y, b.y, c.y}, Vec3{a.z, b.z, c.z}}};
  }
  Mat3 Transposed() const { return FromColumns(row[0], row[1], row[2]); }
};

inline Vec3 operator*(const Mat3& m, const Vec3& v) {
  return {Dot(m.row[0], v), Dot(m.row[1], v), Dot(m.row[2], v)};
}
inline Mat3 operator*(const Mat3& a, const Mat3& b) {
  const Mat3 t = b.Transposed();
  Mat3 out;
  for (int i = 0; i < 3; ++i) out.row[i] = t * a.row[i];
  return out;
}

/// Rotation by the right-hand rule (Rodrigues).
inline Mat3 Rotation(const Vec3& axis, float degrees) {
  const Vec3 a = Unit(axis);
  const float s = Sin(Radians(degrees));
  const float c = Cos(Radians(degrees));
  const float t = 1 - c;
  return {{Vec3{c + t * a.x * a.x, t * a.x * a.y - s * a.z, t * a.x * a.z + s * a.y},
           Vec3{t * a.x * a.y + s * a.z, c + t * a.y * a.y, t * a.y * a.z - s * a.x},
           Vec3{t * a.x * a.z - s * a.y, t * a.y * a.z + s * a.x, c + t * a.z * a.z}}};
}

/// Smooth noise in [0, 1] with period 32 in each axis.
class NoiseField {
 public:
  explicit NoiseField(uint64_t seed) : cells_() {
    Random random(seed);
    for (uint8_t& cell : cells_) cell = static_cast<uint8_t>(random.Index(256));
  }
  float At(const Vec3& p) const {
    const int x = FloorToInt(p.x);
    const int y = FloorToInt(p.y);
    const int z = FloorToInt(p.z);
    const float fx = Ease(p.x - static_cast<float>(x));
    const float fy = Ease(p.y - static_cast<float>(y));
    const float fz = Ease(p.z - static_cast<float>(z));
    const int x0 = (x & 31) << 10, x1 = ((x + 1) & 31) << 10;
    const int y0 = (y & 31) << 5, y1 = ((y + 1) & 31) << 5;
    const int z0 = z & 31, z1 = (z + 1) & 31;
    const auto line = [&](int yz) {
      const float a = cells_[static_cast<size_t>(x0 | yz)];
      return a + (static_cast<float>(cells_[static_cast<size_t>(x1 | yz)]) - a) * fx;
    };
    const float a = line(y0 | z0), b = line(y1 | z0);
    const float c = line(y0 | z1), d = line(y1 | z1);
    const float near = a + (b - a) * fy;
    const float far = c + (d - c) * fy;
    return (near + (far - near) * fz) * (1 / 255.0f);
  }

 private:
  static float Ease(float f) { return f * f * (3 - 2 * f); }
  std::array<uint8_t, 32 * 32 * 32> cells_;
};

}  // namespace atelier::people
