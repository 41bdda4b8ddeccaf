#include "people/files/sheet.h"

#include <algorithm>
#include <cmath>

namespace atelier::people {
namespace {

using Colour = std::array<uint8_t, 3>;

void Dot(int y, int x, const Colour& colour, Image& image) {
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return;
  std::copy(colour.begin(), colour.end(), image.at(y, x));
}

void Line(const Keypoint& a, const Keypoint& b, const Colour& colour, Image& image) {
  const float steps = std::max({1.0f, std::fabs(a.x - b.x), std::fabs(a.y - b.y)});
  for (float i = 0; i <= steps; ++i) {
    const float t = i / steps;
    Dot(static_cast<int>(a.y + (b.y - a.y) * t), static_cast<int>(a.x + (b.x - a.x) * t), colour,
        image);
  }
}

}  // namespace

void Paste(const Image& tile, int top, int left, Image& sheet) {
  const auto bytes = static_cast<std::ptrdiff_t>(tile.width) * tile.channels;
  for (int y = 0; y < tile.height; ++y) {
    std::copy(tile.at(y, 0), tile.at(y, 0) + bytes, sheet.at(top + y, left));
  }
}

Image ColourParts(const Image& iuv) {
  Image out(iuv.height, iuv.width, 3);
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const uint8_t* p = iuv.at(y, x);
      if (p[0] == 0) continue;
      const int hue = p[0] * 97;
      uint8_t* to = out.at(y, x);
      to[0] = static_cast<uint8_t>(80 + hue % 176);
      to[1] = static_cast<uint8_t>(p[1] / 2 + (hue / 3) % 128);
      to[2] = static_cast<uint8_t>(p[2] / 2 + (hue / 7) % 128);
    }
  }
  return out;
}

Image Spotlight(const Image& rgb, const Image& mask) {
  Image out = rgb;
  for (size_t i = 0; i < mask.data.size(); ++i) {
    if (mask.data[i] != 0) continue;
    for (size_t c = 0; c < 3; ++c) out.data[i * 3 + c] /= 3;
  }
  return out;
}

Image DrawLabels(const Rendering& rendering) {
  Image out = rendering.rgb;
  for (uint8_t& v : out.data) v = static_cast<uint8_t>(v / 3);
  const auto& keypoints = rendering.keypoints;
  for (const auto& [a, b] : kLimbs) {
    const Keypoint& from = keypoints[static_cast<size_t>(a)];
    const Keypoint& to = keypoints[static_cast<size_t>(b)];
    if (from.confidence > 0 && to.confidence > 0) Line(from, to, {230, 160, 40}, out);
  }
  for (const Keypoint& k : keypoints) {
    if (k.confidence == 0) continue;
    const auto grey = static_cast<uint8_t>(k.confidence == 1 ? 255 : 130);
    for (int d = 0; d < 4; ++d) {
      Dot(static_cast<int>(k.y) + d / 2, static_cast<int>(k.x) + d % 2, {grey, grey, grey}, out);
    }
  }
  const Box& f = rendering.face;
  const Colour colour = rendering.face_visible ? Colour{0, 255, 0} : Colour{255, 0, 0};
  const Keypoint corners[4] = {
      {f.left, f.top, 1}, {f.right, f.top, 1}, {f.right, f.bottom, 1}, {f.left, f.bottom, 1}};
  for (int i = 0; i < 4; ++i) Line(corners[i], corners[(i + 1) % 4], colour, out);
  return out;
}

}  // namespace atelier::people
