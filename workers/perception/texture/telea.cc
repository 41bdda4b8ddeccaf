#include "perception/texture/telea.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace atelier::perception {
namespace {

constexpr float kFar = 1e6f;
/// A direction across the front weighs this much instead of nothing.
constexpr float kLeastDirection = 0.000001f;
constexpr float kTiny = 1e-20f;

enum class Mark : uint8_t { kKnown, kBand, kHole };

struct Cell {
  int row = 0, column = 0;
};

/// The order of steps matters where distances tie.
constexpr std::array<Cell, 4> kSteps = {{{-1, 0}, {0, -1}, {1, 0}, {0, 1}}};

/// One value a pixel, with a frame of one around the picture: pixel (y, x) is cell (y + 1, x + 1).
template <typename T>
struct Grid {
  Grid(int height, int width, T value)
      : rows(height + 2), columns(width + 2), values(static_cast<size_t>(rows) * columns, value) {}
  T& at(int row, int column) { return values[static_cast<size_t>(row) * columns + column]; }
  T at(int row, int column) const { return values[static_cast<size_t>(row) * columns + column]; }
  int rows, columns;
  std::vector<T> values;
};

/// Distances from the front, and what is known, marching outwards from a band.
class Front {
 public:
  Front(int height, int width)
      : marks(height, width, Mark::kKnown), distance(height, width, kFar) {}

  void Start(Cell cell) {
    distance.at(cell.row, cell.column) = 0;
    marks.at(cell.row, cell.column) = Mark::kBand;
    queue_.emplace(0.0f, cell);
  }

  /// The nearest cell of the band, known from now on. Equal distances leave in the order they came.
  bool Next(Cell& cell) {
    if (queue_.empty()) return false;
    cell = queue_.begin()->second;
    queue_.erase(queue_.begin());
    marks.at(cell.row, cell.column) = Mark::kKnown;
    return true;
  }

  /// The hole's distance by the eikonal equation from its four neighbours.
  void Measure(Cell cell) {
    const int row = cell.row, column = cell.column;
    distance.at(row, column) = std::min(std::min(Solve({row - 1, column}, {row, column - 1}),
                                                 Solve({row + 1, column}, {row, column - 1})),
                                        std::min(Solve({row - 1, column}, {row, column + 1}),
                                                 Solve({row + 1, column}, {row, column + 1})));
  }

  void Join(Cell cell) {
    marks.at(cell.row, cell.column) = Mark::kBand;
    queue_.emplace(distance.at(cell.row, cell.column), cell);
  }

  Grid<Mark> marks;
  Grid<float> distance;

 private:
  float Solve(Cell a, Cell b) const {
    const double at_a = distance.at(a.row, a.column), at_b = distance.at(b.row, b.column);
    const bool known_a = marks.at(a.row, a.column) != Mark::kHole;
    const bool known_b = marks.at(b.row, b.column) != Mark::kHole;
    if (known_a && known_b && std::fabs(at_a - at_b) < 1.0) {
      return static_cast<float>((at_a + at_b + std::sqrt(2 - (at_a - at_b) * (at_a - at_b))) * 0.5);
    }
    if (known_a && !known_b) return static_cast<float>(1 + at_a);
    if (known_b && !known_a) return static_cast<float>(1 + at_b);
    return static_cast<float>(1 + std::min(at_a, at_b));
  }

  std::multimap<float, Cell> queue_;
};

/// Half the difference of both neighbours, or the whole one to the neighbour that is known.
float DistanceSlope(const Front& front, Cell cell, Cell step) {
  const auto known = [&](int sign) {
    return front.marks.at(cell.row + sign * step.row, cell.column + sign * step.column) !=
           Mark::kHole;
  };
  const auto distance = [&](int sign) {
    return front.distance.at(cell.row + sign * step.row, cell.column + sign * step.column);
  };
  if (known(1)) return known(-1) ? (distance(1) - distance(-1)) * 0.5f : distance(1) - distance(0);
  return known(-1) ? distance(0) - distance(-1) : 0.0f;
}

class Filler {
 public:
  Filler(Image& picture, Front& front, int radius)
      : picture_(picture), front_(front), radius_(radius) {}

  void Fill(Cell cell) {
    const float slope_x = DistanceSlope(front_, cell, {0, 1});
    const float slope_y = DistanceSlope(front_, cell, {1, 0});
    std::array<float, 3> sum{}, along_x{}, along_y{};
    float total = kTiny;
    for (int row = cell.row - radius_; row <= cell.row + radius_; ++row) {
      for (int column = cell.column - radius_; column <= cell.column + radius_; ++column) {
        if (!Counts(cell, {row, column})) continue;
        const auto x = static_cast<float>(cell.column - column);
        const auto y = static_cast<float>(cell.row - row);
        const float length = x * x + y * y;
        const auto nearness = static_cast<float>(1.0 / (length * std::sqrt(double{length})));
        const float step =
            front_.distance.at(row, column) - front_.distance.at(cell.row, cell.column);
        const auto level = static_cast<float>(1.0 / (1.0 + std::fabs(double{step})));
        float direction = x * slope_x + y * slope_y;
        if (std::fabs(direction) <= 0.01) direction = kLeastDirection;
        const float weight = std::fabs(nearness * level * direction);
        for (int c = 0; c < 3; ++c) {
          sum[c] += weight * static_cast<float>(Pixel(row, column, c));
          along_x[c] -= weight * (SlopeX(row, column, c) * x);
          along_y[c] -= weight * (SlopeY(row, column, c) * y);
        }
        total += weight;
      }
    }
    uint8_t* pixel = picture_.at(cell.row - 1, cell.column - 1);
    for (int c = 0; c < 3; ++c) {
      const double length =
          std::sqrt(double{along_x[c] * along_x[c] + along_y[c] * along_y[c]}) + kTiny;
      const auto value =
          static_cast<float>(sum[c] / total + (along_x[c] + along_y[c]) / length + 0.5);
      pixel[c] = static_cast<uint8_t>(std::clamp(std::lrint(value), 0L, 255L));
    }
  }

 private:
  bool Counts(Cell centre, Cell other) const {
    const int down = other.row - centre.row, right = other.column - centre.column;
    return other.row > 0 && other.column > 0 && other.row < front_.marks.rows - 1 &&
           other.column < front_.marks.columns - 1 && Known(other.row, other.column) &&
           down * down + right * right <= radius_ * radius_;
  }
  bool Known(int row, int column) const { return front_.marks.at(row, column) != Mark::kHole; }

  // Mirrored quirk: the first row and column stand for the second, and a difference forwards from
  // the last ones starts one before.
  static int Low(int cell) { return cell - 1 + (cell == 1); }
  static int High(int cell, int cells) { return cell - 1 - (cell == cells - 2); }

  uint8_t Pixel(int row, int column, int c) const { return picture_.at(Low(row), Low(column))[c]; }

  /// Twice the difference of both neighbours (mirrored quirk: not half), or the whole one to the
  /// neighbour that is known.
  float SlopeX(int row, int column, int c) const {
    const int y = Low(row), low = Low(column), high = High(column, front_.marks.columns);
    return Slope(Known(row, column - 1), Known(row, column + 1),
                 [&](Place place) { return picture_.at(y, ColumnOrRow(place, low, high))[c]; });
  }
  float SlopeY(int row, int column, int c) const {
    const int x = Low(column), low = Low(row), high = High(row, front_.marks.rows);
    return Slope(Known(row - 1, column), Known(row + 1, column),
                 [&](Place place) { return picture_.at(ColumnOrRow(place, low, high), x)[c]; });
  }

  enum class Place { kBefore, kLow, kHigh, kAfter };
  static int ColumnOrRow(Place place, int low, int high) {
    switch (place) {
      case Place::kBefore:
        return low - 1;
      case Place::kLow:
        return low;
      case Place::kHigh:
        return high;
      case Place::kAfter:
        return high + 1;
    }
    return low;
  }
  template <typename PixelAt>
  static float Slope(bool before, bool after, const PixelAt& at) {
    if (before && after) return static_cast<float>(at(Place::kAfter) - at(Place::kBefore)) * 2.0f;
    if (after) return static_cast<float>(at(Place::kAfter) - at(Place::kLow));
    if (before) return static_cast<float>(at(Place::kHigh) - at(Place::kBefore));
    return 0.0f;
  }

  Image& picture_;
  Front& front_;
  const int radius_;
};

/// Negative distances of the known cells within `radius` (as a square) of a hole.
void MeasureOutside(const Grid<Mark>& holes, const std::vector<Cell>& band, int radius,
                    Grid<float>& distance) {
  Front outside(holes.rows - 2, holes.columns - 2);
  std::vector<Cell> reached;
  for (int row = 1; row < holes.rows - 1; ++row) {
    for (int column = 1; column < holes.columns - 1; ++column) {
      if (holes.at(row, column) != Mark::kHole) continue;
      for (int y = std::max(row - radius, 1); y <= std::min(row + radius, holes.rows - 2); ++y)
        for (int x = std::max(column - radius, 1);
             x <= std::min(column + radius, holes.columns - 2); ++x)
          if (holes.at(y, x) != Mark::kHole) outside.marks.at(y, x) = Mark::kHole;
    }
  }
  for (const Cell& cell : band) outside.Start(cell);
  Cell from;
  while (outside.Next(from)) {
    reached.push_back(from);
    for (const Cell& step : kSteps) {
      const Cell cell{from.row + step.row, from.column + step.column};
      if (cell.row <= 0 || cell.column <= 0 || cell.row >= holes.rows ||
          cell.column >= holes.columns)
        continue;
      if (outside.marks.at(cell.row, cell.column) != Mark::kHole) continue;
      outside.Measure(cell);
      outside.Join(cell);
    }
  }
  for (const Cell& cell : reached)
    distance.at(cell.row, cell.column) = -outside.distance.at(cell.row, cell.column);
}

}  // namespace

Image FillTelea(Image picture, const Image& holes, int radius) {
  Front front(picture.height, picture.width);
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      if (*holes.at(y, x) != 0) front.marks.at(y + 1, x + 1) = Mark::kHole;

  // The band: known cells beside a hole.
  std::vector<Cell> band;
  for (int row = 1; row < front.marks.rows - 1; ++row) {
    for (int column = 1; column < front.marks.columns - 1; ++column) {
      if (front.marks.at(row, column) == Mark::kHole) continue;
      const bool beside = std::any_of(kSteps.begin(), kSteps.end(), [&](const Cell& step) {
        return front.marks.at(row + step.row, column + step.column) == Mark::kHole;
      });
      if (beside) band.push_back({row, column});
    }
  }
  const Grid<Mark> hole_marks = front.marks;
  for (const Cell& cell : band) front.Start(cell);
  MeasureOutside(hole_marks, band, radius, front.distance);

  Filler filler(picture, front, radius);
  Cell from;
  while (front.Next(from)) {
    for (const Cell& step : kSteps) {
      const Cell cell{from.row + step.row, from.column + step.column};
      if (cell.row <= 0 || cell.column <= 0 || cell.row >= front.marks.rows - 1 ||
          cell.column >= front.marks.columns - 1 ||
          front.marks.at(cell.row, cell.column) != Mark::kHole)
        continue;
      front.Measure(cell);
      filler.Fill(cell);
      front.Join(cell);
    }
  }
  return picture;
}

}  // namespace atelier::perception
