// Values that are known of some vertices of the skin, spread smoothly over all of them.
#pragma once

#include <memory>
#include <vector>

#include "people/body/body.h"

namespace atelier::people {

/// Vertices are numbered by their places in Body::skin_vertices(). The values x of all of them are
/// the least squares solution of
///
///   sum_vertices w_i (x_i - v_i)^2 + smoothness sum_edges (x_i - x_j)^2
///
/// Thread rule: immutable after construction.
class SkinSystem {
 public:
  /// `weights`: w of every vertex, at least one of them above 0.
  SkinSystem(const Body& body, const std::vector<double>& weights, double smoothness);
  ~SkinSystem();

  /// `weighted_values`: w_i v_i of every vertex.
  std::vector<double> Solve(const std::vector<double>& weighted_values) const;

 private:
  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace atelier::people
