#include "training/texture/component_fit.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <string>

namespace atelier::training {
namespace {

constexpr int kPasses = 40;
/// Fewer people than this share of all say nothing of a cell: a corner that no chart fills.
constexpr double kLeastShare = 0.01;
/// Errors of neighbouring cells go together (light, pattern, a garment's cut), so that many count
/// as one. Chosen on held-out pairs: 1 cost 1.1 dB of what was not seen, 10 and 200 0.1 and 0.4.
constexpr double kCellsThatCountAsOne = 50;
/// Variance of a cell's colour that no component could tell: bytes and blended edges.
constexpr double kLeastNoise = 1e-4;
/// A head part's cells together count as much as this many other parts' do.
constexpr double kHeadWorth = 3;

/// What an error in each cell counts, [cells].
at::Tensor CellWeights(const engine::TextureCompletionConfig& config) {
  const auto body = static_cast<double>(config.body_side * config.body_side);
  const auto head = static_cast<double>(config.head_side * config.head_side);
  at::Tensor weights = at::ones({config.cells()});
  weights.slice(0, config.body_cells()).fill_(kHeadWorth * body / head);
  return weights;
}

/// Means over the people who showed the cell, [cells, 3]; of cells that hardly anyone shows, the
/// mean of all others: what a tile's used texels blend into at its edge.
at::Tensor MeanSeen(const at::Tensor& colours, const at::Tensor& shown, const at::Tensor& known) {
  const at::Tensor count = shown.sum(0).unsqueeze(1);
  const at::Tensor mean = (colours * shown.unsqueeze(2)).sum(0) / count.clamp_min(1);
  const at::Tensor overall = (mean * known.unsqueeze(1)).sum(0) / known.sum().clamp_min(1);
  return at::where(known.unsqueeze(1).gt(0), mean, overall);
}

}  // namespace

Result<engine::TensorMap> FitComponents(const at::Tensor& colours, const at::Tensor& seen,
                                        const engine::TextureCompletionConfig& config) {
  const int64_t people = colours.size(0), cells = config.cells();
  if (people <= config.components)
    return InvalidField(
        "--identities",
        "more than the " + std::to_string(config.components) + " components of texture_completion",
        std::to_string(people));
  const at::Tensor shown = seen.gt(0).to(at::kFloat);  // [people, cells]
  const at::Tensor known = shown.mean(0).ge(kLeastShare).to(at::kFloat);
  const at::Tensor scale = CellWeights(config).sqrt().view({1, cells, 1});
  const at::Tensor there = shown.mul(known).unsqueeze(2).gt(0);  // [people, cells, 1]

  at::Tensor mean = MeanSeen(colours, shown, known);
  at::Tensor filled = at::where(there, colours, mean);
  at::Tensor guess = filled;
  at::Generator generator = at::detail::createCPUGenerator(1);
  at::Tensor axes = at::randn({3 * cells, config.components}, generator, at::kFloat);
  at::Tensor scores;
  for (int pass = 0; pass < kPasses; ++pass) {
    const at::Tensor centred = ((filled - mean) * scale).flatten(1);  // [people, 3 cells]
    axes = std::get<0>(at::linalg_qr(centred.t().mm(centred.mm(axes))));
    scores = centred.mm(axes);
    guess = scores.mm(axes.t()).view_as(colours) / scale + mean;
    filled = at::where(there, colours, guess);
    mean = filled.mean(0);
  }
  // The scores' own principal axes, largest first; each component one standard deviation long.
  const auto [u, deviations, turn] = at::linalg_svd(scores, /*full_matrices=*/false);
  const at::Tensor components = axes.mm(turn.t()) * (deviations / std::sqrt(double(people)));
  const at::Tensor error = (colours - guess).square().mean(2) * shown;
  const at::Tensor variance = error.sum(0) / shown.sum(0).clamp_min(1);
  const at::Tensor noise = kCellsThatCountAsOne * variance + kLeastNoise;
  return engine::TensorMap{
      {"mean", mean},
      {"components", components.view({cells, 3, -1}) / scale.view({cells, 1, 1})},
      {"noise", at::where(known.gt(0), noise, at::ones_like(noise))}};
}

}  // namespace atelier::training
