#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <cmath>

#include "engine/pipelines/mcld/texture_prior.h"

namespace atelier::engine {
namespace {

constexpr int64_t kLast = 999;

at::Tensor At(int64_t t, int64_t rows) { return at::full({rows}, t, at::kLong); }

double Deviation(const at::Tensor& x) { return x.square().mean().sqrt().item<double>(); }

/// Latents that lie about `warp` as the prior takes them to, channel by channel.
struct Draw {
  at::Tensor warp, original, noise, deviations;
};

Draw Sample(const std::vector<double>& deviations) {
  at::manual_seed(3);
  const auto channels = static_cast<int64_t>(deviations.size());
  Draw draw;
  draw.deviations = at::tensor(deviations, at::kFloat).view({1, -1, 1, 1});
  draw.warp = at::cat({at::randn({4, channels, 64, 64}) * 2, at::ones({4, 1, 64, 64})}, 1);
  draw.original =
      draw.warp.slice(1, 0, channels) + draw.deviations * at::randn({4, channels, 64, 64});
  draw.noise = at::randn(draw.original.sizes());
  return draw;
}

}  // namespace

TEST_CASE("A silent network makes the warped texture, whatever the noise", "[pipelines]") {
  const SchedulerConfig config;
  const Draw draw = Sample({0.5, 1.5});
  const TexturePrior prior(config, {0.5, 1.5});
  const int64_t t = GENERATE(0, 300, kLast);
  const at::Tensor v = prior.Velocity(at::zeros_like(draw.noise), draw.noise, draw.warp, At(t, 4));
  const at::Tensor clean = NoiseSchedule(config).PredictOriginal(v, t, draw.noise);
  CHECK((clean - draw.warp.slice(1, 0, 2)).abs().max().item<double>() < 1e-4);
}

TEST_CASE("How latents depart from the texture, over the deviation, gives their velocity",
          "[pipelines]") {
  const SchedulerConfig config;
  const NoiseSchedule schedule(config);
  const Draw draw = Sample({0.3, 1.2});
  const TexturePrior prior(config, {0.3, 1.2});
  const at::Tensor output = (draw.original - draw.warp.slice(1, 0, 2)) / draw.deviations;
  const int64_t t = GENERATE(20, 250, 600, kLast);
  const at::Tensor noisy = schedule.AddNoise(draw.original, draw.noise, At(t, 4));
  const at::Tensor truth = schedule.Velocity(draw.original, draw.noise, At(t, 4));
  const at::Tensor v = prior.Velocity(output, noisy, draw.warp, At(t, 4));
  CHECK((v - truth).abs().max().item<double>() < 1e-3);
}

TEST_CASE("The network reads what the sample says beyond the texture, and no pure noise",
          "[pipelines]") {
  const SchedulerConfig config;
  const NoiseSchedule schedule(config);
  const std::vector<double> deviations = {0.3, 1.2};
  const Draw draw = Sample(deviations);
  const TexturePrior prior(config, deviations);
  CHECK(Deviation(prior.Input(draw.noise, draw.warp, At(kLast, 4))) < 1e-6);
  const int64_t t = GENERATE(20, 250, 600, 900);
  const at::Tensor noisy = schedule.AddNoise(draw.original, draw.noise, At(t, 4));
  const at::Tensor mean =
      draw.warp.slice(1, 0, 2) + draw.deviations * prior.Input(noisy, draw.warp, At(t, 4));
  const at::Tensor error = mean - draw.original;
  const double alpha = schedule.alpha_cumprod(t);
  for (int64_t channel = 0; channel < 2; ++channel) {
    INFO("t " << t << ", channel " << channel);
    const double s = deviations[static_cast<size_t>(channel)];
    // The least error that any estimate from sample and texture can have on normal latents.
    const double least = s * std::sqrt((1 - alpha) / (1 - alpha + s * s * alpha));
    CHECK(Deviation(error.select(1, channel)) == Approx(least).epsilon(0.03));
  }
}

TEST_CASE("Rows of a batch keep their own timesteps", "[pipelines]") {
  const SchedulerConfig config;
  const Draw draw = Sample({0.7});
  const TexturePrior prior(config, {0.7});
  const at::Tensor t = at::tensor({10, 300, 700, 999}, at::kLong);
  const at::Tensor output = at::randn(draw.noise.sizes());
  const at::Tensor together = prior.Velocity(output, draw.noise, draw.warp, t);
  for (int64_t row = 0; row < 4; ++row) {
    const auto cut = [&](const at::Tensor& x) { return x.slice(0, row, row + 1); };
    const at::Tensor alone = prior.Velocity(cut(output), cut(draw.noise), cut(draw.warp), cut(t));
    CHECK(at::equal(cut(together), alone));
  }
}

}  // namespace atelier::engine
