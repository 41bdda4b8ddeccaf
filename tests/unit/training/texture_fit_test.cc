// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/texture/texture_fit.h"

#include <fstream>

#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"
#include "support/temp_dir.h"
#include "training/texture/component_fit.h"
#include "unit/training/carried_data.h"

namespace atelier::training {
namespace {

constexpr engine::TextureCompletionConfig kSmall{.components = 3, .body_side = 1, .head_side = 2};

/// People of three components, largest first, and a little noise: [people, 30, 3].
struct Population {
  at::Tensor components = at::randn({90, 3}) * at::tensor({0.2f, 0.1f, 0.05f});
  at::Tensor mean = at::full({90}, 0.5);

  at::Tensor Draw(int64_t people) const {
    const at::Tensor z = at::randn({people, 3});
    return (mean + z.mm(components.t()) + 0.005 * at::randn({people, 90})).view({people, 30, 3});
  }
};

}  // namespace

TEST_CASE("Components are found again though every person hides a third of the cells",
          "[training]") {
  at::manual_seed(4);
  const Population population;
  const at::Tensor seen = at::rand({400, 30}).ge(1.0 / 3).to(at::kFloat);
  const at::Tensor colours = population.Draw(400) * seen.unsqueeze(2);
  const auto fitted = FitComponents(colours, seen, kSmall);
  REQUIRE(fitted.has_value());

  CHECK((fitted->at("mean").view({90}) - population.mean).abs().max().item<double>() < 0.06);
  // The same covariance, which is what conditioning reads; the components' signs are free.
  const at::Tensor found = fitted->at("components").view({90, 3});
  const at::Tensor expected = population.components.mm(population.components.t());
  const double error = (found.mm(found.t()) - expected).norm().item<double>();
  CHECK(error < 0.15 * expected.norm().item<double>());
  const at::Tensor lengths = found.norm(2, 0);
  CHECK(lengths[0].item<double>() > lengths[1].item<double>());
  CHECK(lengths[1].item<double>() > lengths[2].item<double>());
  CHECK(at::equal(fitted->at("noise"),
                  FitComponents(colours, seen, kSmall)->at("noise")));  // no draw of chance
}

TEST_CASE("A cell that nobody shows says nothing when it is shown after all", "[training]") {
  at::manual_seed(4);
  at::Tensor seen = at::ones({40, 30});
  seen.select(1, 7).zero_();
  const auto fitted = FitComponents(Population().Draw(40), seen, kSmall);
  REQUIRE(fitted.has_value());
  CHECK(fitted->at("noise")[7].item<float>() == 1);
  CHECK(fitted->at("noise")[6].item<float>() < 0.5);
  CHECK(fitted->at("components")[7].abs().max().item<float>() == Approx(0).margin(1e-5));
}

TEST_CASE("Fewer people than components are refused", "[training]") {
  const auto fitted = FitComponents(at::rand({3, 30, 3}), at::ones({3, 30}), kSmall);
  REQUIRE_FALSE(fitted.has_value());
  CHECK(fitted.error().field == "--identities");
}

TEST_CASE("Fitted to rendered people, a completion beats filling holes from their neighbours",
          "[training]") {
  const testing::TempDir dir;
  auto folder = engine::ReadModelFolder(kModel);
  REQUIRE(folder.has_value());
  folder->components["texture_completion"].config = {
      {"components", 12}, {"body_side", 4}, {"head_side", 8}};
  TextureFitOptions options;
  options.pair = {.height = 128, .width = 88, .tile = 24};
  options.identities = 40;
  options.evaluation_pairs = 8;
  const auto score = FitTexture(*TheBody(), *folder, options, dir.path(), false);
  REQUIRE(score.has_value());
  CHECK(score->completed > score->filled + 1);
  CHECK(std::filesystem::exists(dir.path() / "grid.png"));

  const auto config =
      ReadConfig(*folder, "texture_completion", &engine::ParseTextureCompletionConfig);
  REQUIRE(config.has_value());
  engine::TextureCompletion completion(*config);
  const auto weights = engine::ReadWeights(dir.path() / "texture_completion.safetensors");
  REQUIRE(weights.has_value());
  CHECK(engine::LoadStateDict(*completion, *weights));
}

}  // namespace atelier::training
