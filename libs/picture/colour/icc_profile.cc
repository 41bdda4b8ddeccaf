#include "picture/colour/icc_profile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

#include "picture/files/byte_order.h"

namespace atelier {
namespace {

constexpr size_t kHeaderBytes = 128;
constexpr size_t kTagBytes = 12;
constexpr uint64_t kMostTags = 1024;
using Matrix = std::array<std::array<float, 3>, 3>;

/// XYZ as profiles have it, of a white like D50's, to the light of sRGB's channels.
constexpr Matrix kXyzToSrgb = {{{3.1338561F, -1.6168667F, -0.4906146F},
                                {-0.9787684F, 1.9161415F, 0.0334540F},
                                {0.0719453F, -0.2289914F, 1.4052427F}}};
constexpr Matrix kIdentity = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

/// The tag's data; empty when there is none inside of the profile.
std::string_view FindTag(std::string_view profile, std::string_view name) {
  const uint64_t count = std::min(BigEndian(profile, kHeaderBytes, 4), kMostTags);
  for (uint64_t i = 0; i < count; ++i) {
    const size_t at = kHeaderBytes + 4 + i * kTagBytes;
    if (at + kTagBytes > profile.size()) break;
    if (profile.substr(at, 4) != name) continue;
    const uint64_t offset = BigEndian(profile, at + 4, 4), size = BigEndian(profile, at + 8, 4);
    if (offset > profile.size() || size > profile.size() - offset) break;
    return profile.substr(offset, size);
  }
  return {};
}

/// A number of 16 bits before the point and 16 behind it. REQUIRES: 4 bytes at `at`.
double Fixed(std::string_view bytes, size_t at) {
  return static_cast<int32_t>(static_cast<uint32_t>(BigEndian(bytes, at, 4))) / 65536.0;
}

using Curve = std::array<float, 256>;

Curve Sampled(const std::function<double(double)>& curve) {
  Curve light = {};
  for (size_t i = 0; i < light.size(); ++i) {
    const double value = curve(static_cast<double>(i) / 255);
    light[i] = static_cast<float>(std::isfinite(value) ? std::clamp(value, 0.0, 1.0) : 0);
  }
  return light;
}

/// `curv`: nothing, an exponent, or a table.
std::optional<Curve> ReadTable(std::string_view tag) {
  if (tag.size() < 12) return std::nullopt;
  const uint64_t count = BigEndian(tag, 8, 4);
  if (count == 0) return Sampled([](double x) { return x; });
  if (count > (tag.size() - 12) / 2) return std::nullopt;
  if (count == 1) {
    const double exponent = static_cast<double>(BigEndian(tag, 12, 2)) / 256;
    return Sampled([exponent](double x) { return std::pow(x, exponent); });
  }
  return Sampled([&](double x) {
    const double place = x * static_cast<double>(count - 1);
    const uint64_t below = std::min<uint64_t>(static_cast<uint64_t>(place), count - 2);
    const auto entry = [&](uint64_t i) {
      return static_cast<double>(BigEndian(tag, 12 + 2 * i, 2)) / 65535;
    };
    const double share = place - static_cast<double>(below);
    return entry(below) * (1 - share) + entry(below + 1) * share;
  });
}

/// `para`: the five functions of ICC.1, 10.18.
std::optional<Curve> ReadFunction(std::string_view tag) {
  constexpr std::array<size_t, 5> kCounts = {1, 3, 4, 5, 7};
  if (tag.size() < 12) return std::nullopt;
  const uint64_t type = BigEndian(tag, 8, 2);
  if (type >= kCounts.size() || tag.size() < 12 + 4 * kCounts[type]) return std::nullopt;
  std::array<double, 7> p = {1, 1, 0, 0, 0, 0, 0};
  for (size_t i = 0; i < kCounts[type]; ++i) p[i] = Fixed(tag, 12 + 4 * i);
  const auto [g, a, b, c, d, e, f] = p;
  if (type == 0) return Sampled([g = g](double x) { return std::pow(x, g); });
  const bool has_knee = type >= 3;
  const double knee = has_knee ? d : a == 0 ? 0 : -b / a;
  // Above the knee a power, below it a line.
  const double lift = type == 2 ? c : type == 4 ? e : 0;
  const double slope = has_knee ? c : 0, base = type == 2 ? c : type == 4 ? f : 0;
  return Sampled([=, g = g, a = a, b = b](double x) {
    return x >= knee ? std::pow(a * x + b, g) + lift : slope * x + base;
  });
}

std::optional<Curve> ReadCurve(std::string_view profile, std::string_view name) {
  const std::string_view tag = FindTag(profile, name);
  if (tag.starts_with("curv")) return ReadTable(tag);
  if (tag.starts_with("para")) return ReadFunction(tag);
  return std::nullopt;
}

}  // namespace

std::optional<ColourSpace> ReadIccProfile(std::string_view profile) {
  if (profile.size() < kHeaderBytes + 4 || profile.substr(36, 4) != "acsp") return std::nullopt;
  ColourSpace space;
  if (profile.substr(16, 4) == "GRAY") {
    const auto curve = ReadCurve(profile, "kTRC");
    if (!curve) return std::nullopt;
    space.light.fill(*curve);
    space.to_srgb = kIdentity;
    return space;
  }
  if (profile.substr(16, 4) != "RGB " || profile.substr(20, 4) != "XYZ ") return std::nullopt;
  constexpr std::array<std::string_view, 3> kCurves = {"rTRC", "gTRC", "bTRC"};
  constexpr std::array<std::string_view, 3> kPrimaries = {"rXYZ", "gXYZ", "bXYZ"};
  for (size_t channel = 0; channel < 3; ++channel) {
    const auto curve = ReadCurve(profile, kCurves[channel]);
    const std::string_view primary = FindTag(profile, kPrimaries[channel]);
    if (!curve || !primary.starts_with("XYZ ") || primary.size() < 20) return std::nullopt;
    space.light[channel] = *curve;
    for (size_t row = 0; row < 3; ++row) {
      for (size_t axis = 0; axis < 3; ++axis) {
        space.to_srgb[row][channel] +=
            kXyzToSrgb[row][axis] * static_cast<float>(Fixed(primary, 8 + 4 * axis));
      }
    }
  }
  return space;
}

ColourSpace PowerLaw(double exponent) {
  ColourSpace space;
  space.light.fill(Sampled([exponent](double x) { return std::pow(x, exponent); }));
  space.to_srgb = kIdentity;
  return space;
}

}  // namespace atelier
