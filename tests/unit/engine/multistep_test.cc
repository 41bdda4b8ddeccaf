#include "engine/schedulers/multistep.h"

#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <cmath>

#include "engine/schedulers/noise_schedule.h"

namespace atelier::engine {
namespace {

std::unique_ptr<Scheduler> Make(const std::string& name, const SchedulerConfig& config = {}) {
  auto scheduler = MakeScheduler(name, config);
  REQUIRE(scheduler.has_value());
  return std::move(*scheduler);
}

/// A network that knows its data to be normal around `kMean`, per number: the path from any noise
/// to a sample is known exactly.
constexpr double kMean = 0.7, kDeviation = 0.4;

at::Tensor BestGuess(const at::Tensor& sample, const NoiseLevel& level) {
  const double variance =
      level.signal * level.signal * kDeviation * kDeviation + level.noise * level.noise;
  return kMean +
         (level.signal * kDeviation * kDeviation / variance) * (sample - level.signal * kMean);
}

/// Mean distance between where `name` ends and where the exact path does.
double ErrorOf(const std::string& name, int steps) {
  const SchedulerConfig config{.prediction_type = "sample"};
  const NoiseSchedule schedule(config);
  const auto scheduler = Make(name, config);
  scheduler->SetTimesteps(steps);
  const at::Tensor noise = at::linspace(-2, 2, 33, at::kFloat);
  at::Tensor sample = noise;
  for (int step = 0; step < steps; ++step) {
    const NoiseLevel level = LevelOf(schedule.alpha_cumprod(scheduler->timesteps()[step]));
    sample = scheduler->Step(BestGuess(sample, level), step, sample);
  }
  return (sample - (kMean + kDeviation * noise)).abs().mean().item<double>();
}

/// Some network: not linear in the sample.
at::Tensor Run(Scheduler& scheduler, const at::Tensor& noise) {
  at::Tensor sample = noise;
  for (size_t step = 0; step < scheduler.timesteps().size(); ++step)
    sample = scheduler.Step(at::sin(sample), static_cast<int>(step), sample);
  return sample;
}

TEST_CASE("Second-order schedulers end nearer to the exact path than DDIM in as many steps",
          "[schedulers]") {
  for (const int steps : {5, 10, 20}) {
    const double ddim = ErrorOf("ddim", steps);
    INFO(steps << " steps: ddim " << ddim << ", dpmpp_2m " << ErrorOf("dpmpp_2m", steps)
               << ", unipc " << ErrorOf("unipc", steps));
    CHECK(ErrorOf("dpmpp_2m", steps) < ddim);
    CHECK(ErrorOf("unipc", steps) < ddim);
    CHECK(ddim < 0.3);
  }
}

TEST_CASE("What a scheduler remembers of an abandoned run does not reach the next one",
          "[schedulers]") {
  at::manual_seed(5);
  const at::Tensor noise = at::randn({2, 3});
  for (const std::string& name : SchedulerNames()) {
    INFO(name);
    const auto fresh = Make(name);
    fresh->SetTimesteps(6);
    const at::Tensor expected = Run(*fresh, noise);
    const auto used = Make(name);
    const auto abandon = [&] {
      used->SetTimesteps(6);
      // Of another size: to read it again would not even fit.
      const at::Tensor other = at::ones({5, 7});
      for (int step = 0; step < 3; ++step) used->Step(other, step, other);
    };
    abandon();
    used->SetTimesteps(6);
    CHECK(at::equal(Run(*used, noise), expected));
    abandon();
    CHECK(at::equal(Run(*used, noise), expected));
  }
}

TEST_CASE("A picture's samples do not depend on its neighbours in the batch", "[schedulers]") {
  at::manual_seed(6);
  const at::Tensor noise = at::randn({3, 4});
  for (const std::string& name : SchedulerNames()) {
    const auto scheduler = Make(name);
    scheduler->SetTimesteps(7);
    const at::Tensor together = Run(*scheduler, noise);
    for (int64_t row = 0; row < 3; ++row) {
      INFO(name << " " << row);
      CHECK(at::equal(Run(*scheduler, noise.slice(0, row, row + 1)),
                      together.slice(0, row, row + 1)));
    }
  }
}

TEST_CASE("As many steps as a schedule holds stay finite, wherever its timesteps meet",
          "[schedulers]") {
  const at::Tensor noise = at::linspace(-1, 1, 8, at::kFloat);
  for (const std::string& name : SchedulerNames()) {
    for (const std::string spacing : {"trailing", "leading", "linspace"}) {
      // An offset of 40 presses the first timesteps of "leading" onto the last of the schedule.
      for (const int64_t offset : {0, 40}) {
        const auto scheduler = Make(
            name, {.num_train_timesteps = 50, .timestep_spacing = spacing, .steps_offset = offset});
        for (const int steps : {1, 2, 3, 10, scheduler->max_steps()}) {
          INFO(name << " " << spacing << " " << offset << " " << steps);
          scheduler->SetTimesteps(steps);
          CHECK(scheduler->timesteps().size() == static_cast<size_t>(steps));
          CHECK(Run(*scheduler, noise).isfinite().all().item<bool>());
        }
      }
    }
  }
}

TEST_CASE("One step of any scheduler ends in the picture that the network saw", "[schedulers]") {
  const at::Tensor noise = at::linspace(-1, 1, 8, at::kFloat), v = at::cos(noise);
  for (const std::string& name : SchedulerNames()) {
    INFO(name);
    const auto scheduler = Make(name);
    scheduler->SetTimesteps(1);
    REQUIRE(scheduler->timesteps() == std::vector<int64_t>{999});
    const at::Tensor original = scheduler->PredictOriginal(v, 0, noise);
    // Pure noise says nothing of the picture: v is its negative, but for the 2^-12 of signal that
    // the multistep schedulers put in place of none.
    CHECK(at::allclose(original, -v, 0, name == "ddim" ? 0 : 0x1.01p-12));
    CHECK(at::equal(scheduler->Step(v, 0, noise), original));
  }
}

TEST_CASE("A scheduler that is not there is refused with the names of those that are",
          "[schedulers]") {
  const auto scheduler = MakeScheduler("dpm++", {});
  REQUIRE_FALSE(scheduler.has_value());
  CHECK(scheduler.error().field == "scheduler");
  CHECK_THAT(scheduler.error().message, Catch::Contains("Given: dpm++"));
  for (const std::string& name : SchedulerNames())
    CHECK_THAT(scheduler.error().message, Catch::Contains(name));
}

}  // namespace
}  // namespace atelier::engine
