#include "edit/warp/smooth_field.h"

#include <Eigen/Sparse>
#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace atelier::edit {
namespace {

/// Below this many pixels a field would be a guess.
constexpr double kLeastKnown = 64;

using Triplets = std::vector<Eigen::Triplet<double>>;

/// Nodes of a grid over a matrix, one beyond its end.
struct Grid {
  int columns = 0, rows = 0, spacing = 1;
  Grid(const cv::Size& size, int spacing_pixels)
      : columns(size.width / spacing_pixels + 2),
        rows(size.height / spacing_pixels + 2),
        spacing(spacing_pixels) {}
  int count() const { return columns * rows; }
  int At(int row, int column) const { return row * columns + column; }
};

/// The four nodes around a place and their weights there.
struct Corners {
  std::array<int, 4> node{};
  std::array<double, 4> weight{};
};

Corners CornersOf(const Grid& grid, int y, int x) {
  const int row = y / grid.spacing, column = x / grid.spacing;
  const double v = static_cast<double>(y % grid.spacing) / grid.spacing;
  const double u = static_cast<double>(x % grid.spacing) / grid.spacing;
  return {{grid.At(row, column), grid.At(row, column + 1), grid.At(row + 1, column),
           grid.At(row + 1, column + 1)},
          {(1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u}};
}

/// Adds weight * (sum of factor_i * node_i)^2.
void AddSquare(const std::array<int, 4>& nodes, const std::array<double, 4>& factors, size_t count,
               double weight, Triplets& out) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < count; ++j) {
      out.emplace_back(nodes[i], nodes[j], weight * factors[i] * factors[j]);
    }
  }
}

void AddBending(const Grid& grid, double weight, Triplets& out) {
  for (int row = 0; row < grid.rows; ++row) {
    for (int column = 0; column < grid.columns; ++column) {
      const bool inner_row = row > 0 && row + 1 < grid.rows;
      const bool inner_column = column > 0 && column + 1 < grid.columns;
      const int here = grid.At(row, column);
      if (inner_column) {
        AddSquare({here - 1, here, here + 1, 0}, {1, -2, 1, 0}, 3, weight, out);
      }
      if (inner_row) {
        AddSquare({here - grid.columns, here, here + grid.columns, 0}, {1, -2, 1, 0}, 3, weight,
                  out);
      }
      if (row + 1 < grid.rows && column + 1 < grid.columns) {
        AddSquare({here, here + 1, here + grid.columns, here + grid.columns + 1}, {1, -1, -1, 1}, 4,
                  2 * weight, out);
      }
    }
  }
}

}  // namespace

cv::Mat SmoothField(const cv::Mat& values, const cv::Mat& weight, int spacing, double stiffness) {
  const int step = std::max(1, spacing / 4);
  const Grid grid(values.size(), std::max(1, spacing));
  Triplets triplets;
  Eigen::MatrixX2d right = Eigen::MatrixX2d::Zero(grid.count(), 2);
  double known = 0;
  for (int y = 0; y < values.rows; y += step) {
    for (int x = 0; x < values.cols; x += step) {
      const double w = static_cast<double>(weight.at<float>(y, x));
      if (w <= 0) continue;
      known += w * step * step;
      const Corners corners = CornersOf(grid, y, x);
      AddSquare(corners.node, corners.weight, 4, w, triplets);
      const cv::Vec2f& value = values.at<cv::Vec2f>(y, x);
      for (size_t k = 0; k < 4; ++k) {
        for (int c = 0; c < 2; ++c) {
          right(corners.node[k], c) += w * corners.weight[k] * static_cast<double>(value[c]);
        }
      }
    }
  }
  if (known < kLeastKnown) return {};
  const double samples_per_node = static_cast<double>(spacing) * spacing / (step * step);
  AddBending(grid, stiffness * samples_per_node, triplets);
  // Only so that it can be solved wherever the values lie on one line.
  for (int node = 0; node < grid.count(); ++node) triplets.emplace_back(node, node, 1e-9);
  Eigen::SparseMatrix<double> matrix(grid.count(), grid.count());
  matrix.setFromTriplets(triplets.begin(), triplets.end());
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(matrix);
  if (solver.info() != Eigen::Success) return {};
  const Eigen::MatrixX2d nodes = solver.solve(right);

  cv::Mat out(values.size(), CV_32FC2);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const Corners corners = CornersOf(grid, y, x);
      Eigen::RowVector2d sum(0, 0);
      for (size_t k = 0; k < 4; ++k) sum += corners.weight[k] * nodes.row(corners.node[k]);
      out.at<cv::Vec2f>(y, x) = {static_cast<float>(sum[0]), static_cast<float>(sum[1])};
    }
  }
  return out;
}

}  // namespace atelier::edit
