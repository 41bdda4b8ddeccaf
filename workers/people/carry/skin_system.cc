#include "people/carry/skin_system.h"

#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCore>

#include "people/carry/skin_places.h"

namespace atelier::people {
namespace {

using Matrix = Eigen::SparseMatrix<double>;

constexpr int kIterations = 300;
constexpr double kTolerance = 1e-4;

Matrix MakeMatrix(const Body& body, const std::vector<double>& weights, double smoothness) {
  const std::vector<int> places = PlacesInSkin(body);
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(weights.size() + body.skin().size() * 12);
  for (size_t i = 0; i < weights.size(); ++i) {
    entries.emplace_back(static_cast<int>(i), static_cast<int>(i), weights[i]);
  }
  // Every inner edge is of two triangles, so each counts half of it.
  const auto join = [&](int one, int other) {
    const int i = places[static_cast<size_t>(one)], j = places[static_cast<size_t>(other)];
    entries.emplace_back(i, i, smoothness / 2);
    entries.emplace_back(j, j, smoothness / 2);
    entries.emplace_back(i, j, -smoothness / 2);
    entries.emplace_back(j, i, -smoothness / 2);
  };
  for (const Triangle& t : body.skin()) {
    join(t[0], t[1]);
    join(t[1], t[2]);
    join(t[2], t[0]);
  }
  const auto count = static_cast<Eigen::Index>(weights.size());
  Matrix matrix(count, count);
  matrix.setFromTriplets(entries.begin(), entries.end());
  return matrix;
}

}  // namespace

struct SkinSystem::Parts {
  Matrix matrix;
  Eigen::ConjugateGradient<Matrix, Eigen::Lower | Eigen::Upper> solver;
};

SkinSystem::SkinSystem(const Body& body, const std::vector<double>& weights, double smoothness) {
  auto parts = std::make_unique<Parts>();
  parts->matrix = MakeMatrix(body, weights, smoothness);
  parts->solver.setMaxIterations(kIterations);
  parts->solver.setTolerance(kTolerance);
  parts->solver.compute(parts->matrix);
  parts_ = std::move(parts);
}

SkinSystem::~SkinSystem() = default;

std::vector<double> SkinSystem::Solve(const std::vector<double>& weighted_values) const {
  const Eigen::Map<const Eigen::VectorXd> right_side(
      weighted_values.data(), static_cast<Eigen::Index>(weighted_values.size()));
  std::vector<double> values(weighted_values.size());
  Eigen::Map<Eigen::VectorXd>(values.data(), right_side.size()) = parts_->solver.solve(right_side);
  return values;
}

}  // namespace atelier::people
