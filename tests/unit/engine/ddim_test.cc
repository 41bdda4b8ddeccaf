#include "engine/schedulers/ddim.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "engine/weights/safetensors.h"
#include "support/catch_torch.h"

namespace atelier::engine {
namespace {

TensorMap Goldens(const std::string& name) {
  const auto file =
      SafetensorsFile::Open(std::string(ATELIER_SOURCE_DIR) + "/tests/parity/data/" + name);
  REQUIRE(file.has_value());
  return file->All();
}

TEST_CASE("The noise schedule and timesteps equal the published ones", "[schedulers]") {
  const TensorMap golden = Goldens("scheduler.safetensors");
  DdimScheduler scheduler{SchedulerConfig{}};
  // The published betas themselves differ by up to 7.9e-6 from one processor to another, the
  // cumulative alphas by 4e-7 (scheduler_goldens_test.cc).
  CHECK((scheduler.schedule().betas() - golden.at("betas")).abs().max().item<double>() < 1e-5);
  const at::Tensor alphas = scheduler.schedule().alphas_cumprod();
  CHECK((alphas - golden.at("alphas_cumprod")).abs().max().item<double>() < 1e-6);
  CHECK(alphas[999].item<float>() == 0.0f);
  CHECK(scheduler.AlphaAt(-1) == 1.0f);
  for (const int steps : {4, 20}) {
    scheduler.SetTimesteps(steps);
    const std::string suffix = std::to_string(steps);
    CHECK(at::equal(at::tensor(scheduler.timesteps()), golden.at("timesteps_" + suffix)));
    for (int i = 0; i < steps; ++i) {
      const int64_t t = scheduler.timesteps()[i];
      CHECK(scheduler.PreviousTimestep(t) ==
            golden.at("prev_timesteps_" + suffix)[i].item<int64_t>());
      CHECK(scheduler.AlphaAt(scheduler.PreviousTimestep(t)) ==
            Approx(golden.at("alpha_prev_" + suffix)[i].item<float>()).margin(1e-6));
    }
  }
}

TEST_CASE("Steps from the published predictions give the published latents", "[schedulers]") {
  const TensorMap golden = Goldens("run4_g3.5.safetensors");
  DdimScheduler scheduler{SchedulerConfig{}};
  scheduler.SetTimesteps(4);
  for (int i = 0; i < 4; ++i) {
    const std::string step = "step" + std::to_string(i) + ".";
    const at::Tensor out =
        scheduler.Step(golden.at(step + "v_guided"), i, golden.at(step + "latents_in"));
    CHECK((out - golden.at(step + "latents_out")).abs().max().item<double>() < 2e-6);
  }
}

TEST_CASE("A perfect prediction leads from pure noise back to the sample", "[schedulers]") {
  at::manual_seed(3);
  const at::Tensor x0 = at::randn({2, 4, 3, 3}), noise = at::randn({2, 4, 3, 3});
  for (const std::string type : {"v_prediction", "epsilon", "sample"}) {
    SchedulerConfig config;
    config.prediction_type = type;
    config.rescale_betas_zero_snr = type != "epsilon";
    DdimScheduler scheduler(config);
    scheduler.SetTimesteps(10);
    const NoiseSchedule& schedule = scheduler.schedule();
    const int64_t first = scheduler.timesteps()[0];
    at::Tensor x = schedule.AddNoise(x0, noise, at::full({2}, first, at::kLong));
    for (int step = 0; step < 10; ++step) {
      const at::Tensor at_t = at::full({2}, scheduler.timesteps()[step], at::kLong);
      CHECK(at::allclose(x, schedule.AddNoise(x0, noise, at_t), 1e-3, 1e-4));
      const at::Tensor output = type == "epsilon"  ? noise
                                : type == "sample" ? x0
                                                   : schedule.Velocity(x0, noise, at_t);
      x = scheduler.Step(output, step, x);
    }
    INFO(type);
    CHECK(at::allclose(x, x0, 1e-3, 1e-3));
  }
}

TEST_CASE("Every spacing gives as many falling timesteps within range as steps were asked",
          "[schedulers]") {
  for (const std::string spacing : {"trailing", "leading", "linspace"}) {
    SchedulerConfig config;
    config.timestep_spacing = spacing;
    DdimScheduler scheduler(config);
    for (const int steps : {1, 2, 3, 7, 20, 30, 333, 999, 1000}) {
      scheduler.SetTimesteps(steps);
      INFO(spacing << " " << steps);
      REQUIRE(scheduler.timesteps().size() == static_cast<size_t>(steps));
      CHECK(scheduler.timesteps().front() <= 999);
      CHECK(scheduler.timesteps().back() >= 0);
      for (int i = 1; i < steps; ++i) {
        if (scheduler.timesteps()[i - 1] < scheduler.timesteps()[i]) FAIL("rises at " << i);
      }
    }
  }
}

TEST_CASE("Signal to noise is zero at the last timestep and falls all the way", "[schedulers]") {
  const NoiseSchedule schedule{SchedulerConfig{}};
  const at::Tensor snr = schedule.Snr(at::arange(1000, at::kLong));
  CHECK(snr[999].item<float>() == 0.0f);
  CHECK((snr.slice(0, 1) - snr.slice(0, 0, 999)).max().item<float>() < 0);
}

TEST_CASE("A scheduler setting that makes no sense is refused by name", "[schedulers]") {
  CHECK(ParseSchedulerConfig({{"prediction_type", "flow"}}).error().field ==
        "scheduler.prediction_type");
  CHECK(ParseSchedulerConfig({{"beta_start", "low"}}).error().field == "scheduler.beta_start");
  CHECK(ParseSchedulerConfig({{"prediction_type", "epsilon"}}).error().field ==
        "scheduler.rescale_betas_zero_snr");
  CHECK(ParseSchedulerConfig({{"_class_name", "DDIMScheduler"}, {"steps_offset", 0}}).has_value());
}

}  // namespace
}  // namespace atelier::engine
