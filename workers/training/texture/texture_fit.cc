#include "training/texture/texture_fit.h"

#include <array>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/random.h"
#include "engine/models/texture_completion.h"
#include "engine/weights/load.h"
#include "people/files/png_writer.h"
#include "training/data/sample_feeder.h"
#include "training/metrics/image_metrics.h"
#include "training/metrics/picture_grid.h"
#include "training/metrics/scores.h"
#include "training/texture/component_fit.h"

namespace atelier::training {
namespace {

constexpr int kGridPairs = 8;
/// Views of a person: from four sides, whole and from close by, for faces take few pixels of a
/// whole person.
constexpr int kSides = 4;
constexpr std::array<people::Crop, 2> kCrops = {people::Crop::kFull, people::Crop::kUpper};
/// Samples of pairs and of these people never meet.
constexpr uint64_t kTextureStream = 0x74657874;

/// The texture of person number `index`, of all views together.
engine::TextureCells MakeCells(const people::Body& body, int64_t index, const PairOptions& options,
                               const engine::TextureCompletionConfig& config) {
  Random random(static_cast<uint64_t>(index) * 0x9e3779b97f4a7c15ULL + kTextureStream);
  const people::Person person = people::SamplePerson(body, random.Bits() % kHeldOutIdentity);
  const people::View scene = people::SampleView(random.Bits());
  const people::RenderOptions render = SizeOf(options);
  engine::TextureCells all{at::zeros({config.cells(), 3}), at::zeros({config.cells()})};
  for (const people::Crop crop : kCrops) {
    for (int side = 0; side < kSides; ++side) {
      const people::ViewOptions view{.yaw = 360.0 / kSides * (side + random.Uniform(-0.5, 0.5)),
                                     .crop = crop};
      const people::Rendering rendering =
          people::Render(body, person, people::SamplePose(random.Bits()),
                         people::SampleView(random.Bits(), view).WithSceneOf(scene), render);
      const engine::TextureCells cells = engine::PoolCells(
          engine::ExtractTextureMap(rendering.rgb, rendering.iuv, options.tile), config);
      all.colours += cells.colours * cells.seen.unsqueeze(1);
      all.seen += cells.seen;
    }
  }
  all.colours /= all.seen.clamp_min(1e-6).unsqueeze(1);
  all.seen.clamp_max_(1);
  return all;
}

/// Renders and pools; [people, cells, 3] and [people, cells].
std::pair<at::Tensor, at::Tensor> GatherCells(const people::Body& body,
                                              const TextureFitOptions& options,
                                              const engine::TextureCompletionConfig& config,
                                              const std::atomic<bool>& stop) {
  SampleFeeder<engine::TextureCells> feeder(
      [&](int64_t index) { return MakeCells(body, index, options.pair, config); }, 0,
      options.render_threads, 2 * options.render_threads);
  std::vector<at::Tensor> colours, seen;
  for (int i = 0; i < options.identities && !stop; ++i) {
    engine::TextureCells cells = feeder.Take();
    colours.push_back(std::move(cells.colours));
    seen.push_back(std::move(cells.seen));
    std::printf("\r%d/%d people", i + 1, options.identities);
    std::fflush(stdout);
  }
  std::printf("\n");
  if (colours.empty()) return {at::zeros({0, config.cells(), 3}), at::zeros({0, config.cells()})};
  return {at::stack(colours), at::stack(seen)};
}

/// Judges on held-out people and writes the grid.
Result<TextureFitScore> Judge(const people::Body& body, const engine::TextureCompletion& completion,
                              const TextureFitOptions& options, const std::filesystem::path& out) {
  Mean filled, completed;
  std::vector<std::vector<Image>> rows;
  for (int i = 0; i < options.evaluation_pairs; ++i) {
    const Pair pair = MakePair(body, i, /*held_out=*/true, options.pair);
    const engine::WarpedTexture warped = LayOverTarget(completion->Complete(pair.texture), pair);
    const Image unseen = MasksOf(pair).unseen;
    filled.Add(Psnr(pair.warped.colours, pair.target.rgb, &unseen));
    completed.Add(Psnr(warped.colours, pair.target.rgb, &unseen));
    if (i < kGridPairs)
      rows.push_back({pair.source.rgb, pair.warped.colours, warped.colours, pair.target.rgb});
  }
  ATELIER_RETURN_IF_ERROR(people::WriteImage(Grid(rows), out / "grid.png"));
  return TextureFitScore{filled.value(), completed.value()};
}

}  // namespace

Result<TextureFitScore> FitTexture(const people::Body& body, const engine::ModelFolder& folder,
                                   const TextureFitOptions& options,
                                   const std::filesystem::path& out,
                                   const std::atomic<bool>& stop) {
  const at::NoGradGuard no_grad;
  ATELIER_ASSIGN_OR_RETURN(const auto config, ReadConfig(folder, "texture_completion",
                                                         &engine::ParseTextureCompletionConfig));
  const auto [colours, seen] = GatherCells(body, options, config, stop);
  ATELIER_ASSIGN_OR_RETURN(engine::TensorMap fitted, FitComponents(colours, seen, config));
  for (auto& [name, tensor] : fitted) tensor = tensor.to(at::kHalf).contiguous();
  ATELIER_RETURN_IF_ERROR(engine::WriteSafetensors(out / "texture_completion.safetensors", fitted));
  engine::TextureCompletion completion(config);
  ATELIER_RETURN_IF_ERROR(engine::LoadStateDict(*completion, fitted));
  return Judge(body, completion, options, out);
}

}  // namespace atelier::training
