#include "picture/colour/picture_colours.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "picture/files/byte_order.h"
#include "picture/files/jpeg_file.h"
#include "picture/files/png_file.h"
#include "picture/files/webp_file.h"

namespace atelier {
namespace {

/// Profiles of tables have a megabyte or two; those of curves some hundred bytes.
constexpr size_t kMostProfileBytes = 4 << 20;
constexpr size_t kPngFrameBytes = 12;

/// An iCCP chunk: a name, its end, a method, and the profile packed.
std::string UnpackProfile(std::string_view payload) {
  const size_t end = payload.find('\0');
  if (end == std::string_view::npos || end + 2 > payload.size()) return {};
  const std::string_view packed = payload.substr(end + 2);
  std::string profile(kMostProfileBytes, '\0');
  uLongf size = profile.size();
  const int status =
      uncompress(reinterpret_cast<Bytef*>(profile.data()), &size,
                 reinterpret_cast<const Bytef*>(packed.data()), static_cast<uLong>(packed.size()));
  profile.resize(status == Z_OK ? size : 0);
  return profile;
}

/// Chunks in front of the pixels; nothing behind them says how they are shown.
std::optional<ColourSpace> ReadPngColours(std::string_view png) {
  std::optional<double> gamma;
  std::string profile;
  bool is_srgb = false;
  for (size_t at = 8; png.size() - at >= kPngFrameBytes;) {
    const size_t length = BigEndian(png, at, 4);
    if (length > png.size() - at - kPngFrameBytes) break;
    const std::string_view kind = png.substr(at + 4, 4), payload = png.substr(at + 8, length);
    if (kind == "IDAT") break;
    if (kind == "sRGB") is_srgb = true;
    if (kind == "iCCP" && profile.empty()) profile = UnpackProfile(payload);
    if (kind == "gAMA" && length == 4) gamma = static_cast<double>(BigEndian(payload, 0, 4)) / 1e5;
    at += kPngFrameBytes + length;
  }
  if (!profile.empty()) return ReadIccProfile(profile);
  // 1 / 2.2 is what writers say of sRGB, whose curve is not quite that power.
  constexpr double kSrgbGamma = 1 / 2.2, kNear = .03;
  const bool is_other =
      gamma && *gamma > .1 && *gamma < 10 && std::abs(*gamma - kSrgbGamma) > kNear;
  if (is_srgb || !is_other) return std::nullopt;
  return PowerLaw(1 / *gamma);
}

/// In segments of at most 64 kB, each with its number and their count.
std::optional<ColourSpace> ReadJpegColours(std::string_view jpeg) {
  constexpr std::string_view kMark("ICC_PROFILE\0", 12);
  std::map<uint8_t, std::string_view> parts;
  size_t count = 0;
  for (size_t at = 2; at + 4 <= jpeg.size() && static_cast<uint8_t>(jpeg[at]) == 0xff;) {
    const auto marker = static_cast<uint8_t>(jpeg[at + 1]);
    if (marker == 0xff) {  // A fill byte.
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) break;
    const size_t length = BigEndian(jpeg, at + 2, 2);
    if (length < 2 || length > jpeg.size() - at - 2) break;
    const std::string_view payload = jpeg.substr(at + 4, length - 2);
    if (marker == 0xe2 && payload.starts_with(kMark) && payload.size() > kMark.size() + 2) {
      count = static_cast<uint8_t>(payload[kMark.size() + 1]);
      parts[static_cast<uint8_t>(payload[kMark.size()])] = payload.substr(kMark.size() + 2);
    }
    at += 2 + length;
  }
  if (parts.empty() || parts.size() != count) return std::nullopt;
  std::string profile;
  for (const auto& [number, part] : parts) profile += part;
  return ReadIccProfile(profile);
}

std::optional<ColourSpace> ReadWebpColours(std::string_view webp) {
  for (size_t at = 12; at + 8 <= webp.size();) {
    const size_t length = LittleEndian(webp, at + 4, 4);
    if (length > webp.size() - at - 8) break;
    if (webp.substr(at, 4) == "ICCP") return ReadIccProfile(webp.substr(at + 8, length));
    at += 8 + length + length % 2;
  }
  return std::nullopt;
}

/// sRGB's value, 0 to 255, of light in steps.
constexpr int kSteps = 4096;
const std::vector<uint8_t>& SrgbValues() {
  static const std::vector<uint8_t> values = [] {
    std::vector<uint8_t> made(kSteps + 1);
    for (int i = 0; i <= kSteps; ++i) {
      const double light = static_cast<double>(i) / kSteps;
      const double value =
          light <= .0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - .055;
      made[static_cast<size_t>(i)] = static_cast<uint8_t>(std::lround(255 * value));
    }
    return made;
  }();
  return values;
}

void Convert(const ColourSpace& space, const std::vector<uint8_t>& values, uint8_t* pixel) {
  const float r = space.light[0][pixel[0]], g = space.light[1][pixel[1]],
              b = space.light[2][pixel[2]];
  for (size_t c = 0; c < 3; ++c) {
    const auto& row = space.to_srgb[c];
    const float light = std::clamp(row[0] * r + row[1] * g + row[2] * b, 0.F, 1.F);
    pixel[c] = values[static_cast<size_t>(light * kSteps + .5F)];
  }
}

/// Whether no colour of a coarse grid changes by more than a grey level. In the dark, where a step
/// of light is several levels, it may by what the table rounds.
bool IsSrgb(const ColourSpace& space, const std::vector<uint8_t>& values) {
  constexpr std::array<uint8_t, 6> kGrid = {0, 51, 102, 153, 204, 255};
  for (const uint8_t r : kGrid) {
    for (const uint8_t g : kGrid) {
      for (const uint8_t b : kGrid) {
        const std::array<uint8_t, 3> before = {r, g, b};
        std::array<uint8_t, 3> after = before;
        Convert(space, values, after.data());
        for (size_t c = 0; c < 3; ++c) {
          if (std::abs(int{before[c]} - int{after[c]}) > 1) return false;
        }
      }
    }
  }
  return true;
}

}  // namespace

std::optional<ColourSpace> ReadColourSpace(std::string_view bytes) {
  if (IsPng(bytes)) return ReadPngColours(bytes);
  if (IsJpeg(bytes)) return ReadJpegColours(bytes);
  if (IsWebp(bytes)) return ReadWebpColours(bytes);
  return std::nullopt;
}

void BringToSrgb(const ColourSpace& space, Image& rgb) {
  const std::vector<uint8_t>& values = SrgbValues();
  if (IsSrgb(space, values)) return;
  for (size_t i = 0; i + 2 < rgb.data.size(); i += 3) Convert(space, values, &rgb.data[i]);
}

}  // namespace atelier
