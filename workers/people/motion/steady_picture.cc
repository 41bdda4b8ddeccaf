#include "people/motion/steady_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/body.h"

namespace atelier::people {
namespace {

constexpr int kCells = 64;  // of a part's chart, a side
constexpr int kCellLevels = 256 / kCells;
/// Cells around a spot that are searched for it, each way.
constexpr int kMostCells = 10;
/// Steps from pixel to pixel towards a spot.
constexpr int kMostSteps = 24;
/// A spot between pixels lies at most so many pixels from the nearest one.
constexpr float kMostOff = 1;

struct Place {
  float x = 0;
  float y = 0;
};

/// Finds spots of the body in one frame.
class SpotFinder {
 public:
  explicit SpotFinder(const Image& iuv)
      : iuv_(iuv), cells_(size_t{kBodyPartCount + 1} * kCells * kCells, -1) {
    for (int y = 0; y < iuv.height; ++y) {
      for (int x = 0; x < iuv.width; ++x) {
        const uint8_t* spot = iuv.at(y, x);
        if (spot[0] == 0) continue;
        Cell(spot[0], spot[1] / kCellLevels, spot[2] / kCellLevels) = y * iuv.width + x;
      }
    }
  }

  /// Where the spot is, if it is seen. `likely`: a pixel that shows it where nothing moved.
  std::optional<Place> Find(const uint8_t* spot, int likely) const {
    int at = Start(spot);
    if (at < 0) return std::nullopt;
    int distance = Distance(at, spot);
    if (Spot(likely)[0] == spot[0] && Distance(likely, spot) <= distance) {
      at = likely;
      distance = Distance(at, spot);
    }
    for (int step = 0; step < kMostSteps && distance > 0; ++step) {
      int best = at;
      for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -1; dx <= 1; ++dx) {
          const int next = Neighbour(at, dx, dy, spot[0]);
          if (next < 0) continue;
          const int other = Distance(next, spot);
          if (other < distance) {
            distance = other;
            best = next;
          }
        }
      }
      if (best == at) break;
      at = best;
    }
    return Between(at, spot);
  }

 private:
  int& Cell(int part, int u, int v) {
    return cells_[(static_cast<size_t>(part) * kCells + static_cast<size_t>(v)) * kCells +
                  static_cast<size_t>(u)];
  }
  int Cell(int part, int u, int v) const {
    if (u < 0 || v < 0 || u >= kCells || v >= kCells) return -1;
    return cells_[(static_cast<size_t>(part) * kCells + static_cast<size_t>(v)) * kCells +
                  static_cast<size_t>(u)];
  }
  const uint8_t* Spot(int at) const { return &iuv_.data[static_cast<size_t>(at) * 3]; }
  int Distance(int at, const uint8_t* spot) const {
    const int du = Spot(at)[1] - spot[1], dv = Spot(at)[2] - spot[2];
    return du * du + dv * dv;
  }

  /// A pixel of the part near the spot; -1 = none.
  int Start(const uint8_t* spot) const {
    const int u = spot[1] / kCellLevels, v = spot[2] / kCellLevels;
    for (int ring = 0; ring <= kMostCells; ++ring) {
      int best = -1;
      for (int dv = -ring; dv <= ring; ++dv) {
        const int step = std::abs(dv) == ring ? 1 : std::max(1, 2 * ring);
        for (int du = -ring; du <= ring; du += step) {
          const int at = Cell(spot[0], u + du, v + dv);
          if (at >= 0 && (best < 0 || Distance(at, spot) < Distance(best, spot))) best = at;
        }
      }
      if (best >= 0) return best;
    }
    return -1;
  }

  /// -1 where the picture or the part ends.
  int Neighbour(int at, int dx, int dy, int part) const {
    const int x = at % iuv_.width + dx, y = at / iuv_.width + dy;
    if (x < 0 || y < 0 || x >= iuv_.width || y >= iuv_.height) return -1;
    const int next = y * iuv_.width + x;
    return Spot(next)[0] == part ? next : -1;
  }

  /// How (U, V) changes over the pixel in one direction, levels per pixel.
  std::optional<std::array<float, 2>> SlopeAt(int at, int dx, int dy) const {
    const int part = Spot(at)[0];
    const int after = Neighbour(at, dx, dy, part), before = Neighbour(at, -dx, -dy, part);
    if (after < 0 && before < 0) return std::nullopt;
    const uint8_t* const a = Spot(before < 0 ? at : before);
    const uint8_t* const b = Spot(after < 0 ? at : after);
    const float pixels = before >= 0 && after >= 0 ? 2.0f : 1.0f;
    return std::array<float, 2>{static_cast<float>(b[1] - a[1]) / pixels,
                                static_cast<float>(b[2] - a[2]) / pixels};
  }

  /// Between pixels, by how (U, V) changes there.
  std::optional<Place> Between(int at, const uint8_t* spot) const {
    const auto along_x = SlopeAt(at, 1, 0), along_y = SlopeAt(at, 0, 1);
    if (!along_x || !along_y) return std::nullopt;
    const float determinant = (*along_x)[0] * (*along_y)[1] - (*along_x)[1] * (*along_y)[0];
    if (std::abs(determinant) < 1e-3f) return std::nullopt;
    const auto du = static_cast<float>(spot[1] - Spot(at)[1]);
    const auto dv = static_cast<float>(spot[2] - Spot(at)[2]);
    const float x = (du * (*along_y)[1] - dv * (*along_y)[0]) / determinant;
    const float y = (dv * (*along_x)[0] - du * (*along_x)[1]) / determinant;
    if (std::abs(x) > kMostOff || std::abs(y) > kMostOff) return std::nullopt;
    return Place{static_cast<float>(at % iuv_.width) + x, static_cast<float>(at / iuv_.width) + y};
  }

  const Image& iuv_;
  std::vector<int> cells_;  // [part, V, U]: a pixel; -1 = none
};

std::array<float, 3> SampleAt(const Image& picture, const Place& place) {
  const float x = std::clamp(place.x, 0.0f, static_cast<float>(picture.width - 1));
  const float y = std::clamp(place.y, 0.0f, static_cast<float>(picture.height - 1));
  const int left = std::min(static_cast<int>(x), picture.width - 2);
  const int top = std::min(static_cast<int>(y), picture.height - 2);
  const float right_share = x - static_cast<float>(left), low_share = y - static_cast<float>(top);
  std::array<float, 3> out{};
  for (int row = 0; row < 2; ++row) {
    for (int column = 0; column < 2; ++column) {
      const float share =
          (row == 1 ? low_share : 1 - low_share) * (column == 1 ? right_share : 1 - right_share);
      const uint8_t* pixel = picture.at(top + row, left + column);
      for (size_t c = 0; c < 3; ++c) out[c] += share * static_cast<float>(pixel[c]);
    }
  }
  return out;
}

}  // namespace

Image Steadied(const PosedPicture& now, const PosedPicture& before, const SteadyOptions& options) {
  Image out = now.picture;
  const SpotFinder spots(before.iuv);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const uint8_t* const spot = now.iuv.at(y, x);
      const bool wall = spot[0] == 0;
      if (wall && before.iuv.at(y, x)[0] != 0) continue;
      const auto place = wall ? std::optional(Place{static_cast<float>(x), static_cast<float>(y)})
                              : spots.Find(spot, y * out.width + x);
      if (!place) continue;
      const std::array<float, 3> was = SampleAt(before.picture, *place);
      uint8_t* const pixel = out.at(y, x);
      float off = 0;
      for (size_t c = 0; c < 3; ++c) off += std::abs(was[c] - static_cast<float>(pixel[c])) / 3;
      const float apart = off / options.agreement;
      const float share = options.share / (1 + apart * apart * apart * apart);
      for (size_t c = 0; c < 3; ++c) {
        pixel[c] = static_cast<uint8_t>(
            std::lround(static_cast<float>(pixel[c]) * (1 - share) + was[c] * share));
      }
    }
  }
  return out;
}

}  // namespace atelier::people
