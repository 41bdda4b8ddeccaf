// Levenberg-Marquardt over some of a body's parameters, by Eigen's solver.
#pragma once

#include <Eigen/Core>
#include <array>
#include <functional>
#include <vector>

#include "people/fit/parameters.h"

namespace atelier::people {

/// Residuals and their derivatives at one set of parameters.
struct Residuals {
  using Row = Eigen::Matrix<double, 1, kParameterCount>;

  /// Keeps the memory.
  void Clear() { count = 0; }
  /// Appends a residual; returns its derivatives to be filled, set to 0.
  Eigen::Ref<Row> Add(double value);

  Eigen::Index count = 0;
  Eigen::VectorXd values;  // the first `count`
  Eigen::Matrix<double, Eigen::Dynamic, kParameterCount, Eigen::RowMajor> derivatives;
};

/// Fills `out` with the residuals at `parameters`, and with derivatives by those that are free.
using ResidualFunction = std::function<void(const BodyParameters& parameters, Residuals& out)>;

struct LeastSquaresOptions {
  /// Evaluations at most; nearly every one is a step.
  int most_evaluations = 12;
  /// Ends when a step lowers the sum of squares by a smaller share than this.
  double least_gain = 1e-3;
};

/// Moves the free parameters to where the sum of squares is least; returns that sum.
double Minimize(const ResidualFunction& residuals, const std::array<bool, kParameterCount>& free,
                const LeastSquaresOptions& options, BodyParameters& parameters);

}  // namespace atelier::people
