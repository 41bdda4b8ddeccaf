#include "people/carry/texture_surface.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "people/body/body_view.h"
#include "people/carry/skin_places.h"
#include "people/look/outfit.h"

namespace atelier::people {
namespace {

constexpr double kRulesHeight = 256;
constexpr double kSmallPartShare = 1 / 3.0;

bool IsHand(uint8_t part) {
  return part == static_cast<uint8_t>(BodyPart::kRightHand) ||
         part == static_cast<uint8_t>(BodyPart::kLeftHand);
}
bool IsFoot(uint8_t part) {
  return part == static_cast<uint8_t>(BodyPart::kRightFoot) ||
         part == static_cast<uint8_t>(BodyPart::kLeftFoot);
}
/// A hand's own arm reaches it.
bool IsForearm(uint8_t part) {
  return part >= static_cast<uint8_t>(BodyPart::kLeftLowerArmFront) &&
         part <= static_cast<uint8_t>(BodyPart::kRightLowerArmBack);
}

/// One value a pixel.
template <typename T>
struct Grid {
  int height;
  int width;
  std::vector<T> values;
  Grid(int h, int w, T value)
      : height(h), width(w), values(static_cast<size_t>(h) * static_cast<size_t>(w), value) {}
  T& at(int y, int x) {
    return values[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
  }
};

/// The least value of the square of `reach` pixels around each; the picture's edge is no neighbour.
template <typename T>
Grid<T> Least(Grid<T> in, int reach) {
  Grid<T> rows = in;
  for (int y = 0; y < in.height; ++y) {
    for (int x = 0; x < in.width; ++x) {
      for (int i = std::max(0, x - reach); i <= std::min(in.width - 1, x + reach); ++i) {
        rows.at(y, x) = std::min(rows.at(y, x), in.at(y, i));
      }
    }
  }
  Grid<T> out = rows;
  for (int y = 0; y < in.height; ++y) {
    for (int i = std::max(0, y - reach); i <= std::min(in.height - 1, y + reach); ++i) {
      for (int x = 0; x < in.width; ++x) out.at(y, x) = std::min(out.at(y, x), rows.at(i, x));
    }
  }
  return out;
}

/// Normals without the features of the face, folds and fingers: each becomes the mean of itself and
/// those around it, again and again.
std::vector<Vec3> SmoothNormals(const std::vector<Vec3>& points,
                                const std::vector<Triangle>& surface) {
  constexpr int kRounds = 8;
  std::vector<Vec3> normals = VertexNormals(points, surface);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Vec3> sums = normals;
    for (const Triangle& t : surface) {
      for (size_t corner = 0; corner < 3; ++corner) {
        Vec3& sum = sums[static_cast<size_t>(t[corner])];
        sum += normals[static_cast<size_t>(t[(corner + 1) % 3])];
        sum += normals[static_cast<size_t>(t[(corner + 2) % 3])];
      }
    }
    for (size_t v = 0; v < normals.size(); ++v) normals[v] = Unit(sums[v]);
  }
  return normals;
}

/// Cosine between normal and direction to the camera; 0 outside of the body.
Grid<float> Cosines(const Body& body, const std::vector<Vec3>& points, double distance,
                    const std::vector<ScreenPoint>& screen, const DepthBuffer& visible) {
  std::vector<Triangle> surface = body.skin();
  surface.insert(surface.end(), body.eyes().begin(), body.eyes().end());
  const std::vector<Vec3> normals = SmoothNormals(points, surface);
  const Vec3 camera{0, 0, static_cast<float>(distance)};
  Grid<float> out(visible.height, visible.width, 0);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int triangle =
          visible.triangle[static_cast<size_t>(y) * static_cast<size_t>(visible.width) +
                           static_cast<size_t>(x)];
      if (triangle < 0) continue;
      const Triangle& t = surface[static_cast<size_t>(triangle)];
      const auto a = static_cast<size_t>(t[0]), b = static_cast<size_t>(t[1]),
                 c = static_cast<size_t>(t[2]);
      const Barycentric w = ScreenTriangle(screen[a], screen[b], screen[c])
                                .At(static_cast<float>(x) + .5f, static_cast<float>(y) + .5f);
      const auto blend = [&](const std::vector<Vec3>& of) {
        return of[a] * (1 - w.b - w.c) + of[b] * w.b + of[c] * w.c;
      };
      out.at(y, x) = std::max(0.0f, Dot(Unit(blend(normals)), Unit(camera - blend(points))));
    }
  }
  return out;
}

/// Whether every pixel shows a finger.
std::vector<bool> FingerPixels(const Body& body, const DepthBuffer& visible) {
  const std::vector<bool> fingers =
      VerticesOn(body, {body.bones().hand[kLeft], body.bones().hand[kRight]}, false);
  std::vector<bool> out(visible.triangle.size(), false);
  for (size_t i = 0; i < out.size(); ++i) {
    if (visible.triangle[i] < 0) continue;
    out[i] = fingers[static_cast<size_t>(SurfaceTriangle(body, visible.triangle[i])[0])];
  }
  return out;
}

void DropSmallParts(double least, Image& iuv) {
  std::array<int, kBodyPartCount + 1> pixels{};
  for (size_t i = 0; i < iuv.data.size(); i += 3) ++pixels[iuv.data[i]];
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    const uint8_t part = iuv.data[i];
    const double needed = IsHand(part) || IsFoot(part) ? least * kSmallPartShare : least;
    if (pixels[part] < needed) std::fill_n(&iuv.data[i], 3, uint8_t{0});
  }
}

}  // namespace

TextureSurface SurfaceForTexture(const BodyFitter& fitter, const DressedBody& dressed,
                                 const Image& mask, const TextureRules& rules) {
  const int height = mask.height, width = mask.width;
  const double scale = height / kRulesHeight;
  const auto pixels = [&](double at_256) {
    return static_cast<int>(std::ceil(at_256 * scale - .01));
  };
  const std::vector<Vec3> points = Vertices(fitter, dressed);
  const std::vector<ScreenPoint> screen = Project(dressed.body, points);
  const DepthBuffer visible = DrawSurface(fitter.body(), screen, height, width);
  TextureSurface out{IuvOf(fitter.body(), screen, visible), Image(height, width, 1)};
  Grid<float> cosines = Cosines(fitter.body(), points, dressed.body.distance, screen, visible);

  Grid<uint8_t> inside(height, width, 0);
  Grid<float> depth(height, width, 0);
  Grid<uint8_t> no_hand(height, width, 1);
  for (size_t i = 0; i < mask.data.size(); ++i) {
    inside.values[i] = mask.data[i] > 127 ? 1 : 0;
    depth.values[i] = visible.depth[i];
    no_hand.values[i] = IsHand(out.iuv.data[3 * i]) ? 0 : 1;
  }
  const Grid<uint8_t> well_inside = Least(inside, pixels(rules.mask_edge));
  const Grid<float> nearest = Least(depth, pixels(rules.beside_jump));
  const Grid<uint8_t> far_from_hands = Least(no_hand, pixels(rules.beside_hand));
  const std::vector<bool> on_finger = FingerPixels(fitter.body(), visible);
  const auto jump = static_cast<float>(rules.jump_metres);
  const auto least_cosine = static_cast<float>(rules.least_cosine);
  for (size_t i = 0; i < mask.data.size(); ++i) {
    uint8_t* place = &out.iuv.data[3 * i];
    if (place[0] == 0) continue;
    const bool beside_hand =
        far_from_hands.values[i] == 0 && !IsHand(place[0]) && !IsForearm(place[0]);
    const bool behind = depth.values[i] - nearest.values[i] > jump;
    if (well_inside.values[i] == 0 || cosines.values[i] < least_cosine || behind || beside_hand ||
        on_finger[i]) {
      std::fill_n(place, 3, uint8_t{0});
    }
  }
  DropSmallParts(rules.least_part * scale * scale, out.iuv);
  for (size_t i = 0; i < mask.data.size(); ++i) {
    if (out.iuv.data[3 * i] == 0) continue;
    out.squareness.data[i] = static_cast<uint8_t>(std::min(255.0f, cosines.values[i] * 255 + .5f));
  }
  return out;
}

}  // namespace atelier::people
