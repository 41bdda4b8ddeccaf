// Every scheduler in every setting against diffusers: tools/scheduler_goldens.py wrote the numbers.
#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <cmath>
#include <set>

#include "engine/schedulers/noise_schedule.h"
#include "engine/schedulers/scheduler.h"
#include "engine/weights/safetensors.h"

namespace atelier::engine {
namespace {

/// Largest difference from diffusers' float32, relative for values above one; they go up to 55. The
/// largest measured was 1.1e-6 for DDIM, 1.0e-6 for DPM-Solver++(2M) and 1.3e-6 for UniPC.
constexpr double kTrajectoryBar = 5e-6;

TensorMap Goldens() {
  const auto file = SafetensorsFile::Open(std::string(ATELIER_SOURCE_DIR) +
                                          "/tests/unit/engine/data/schedulers.safetensors");
  REQUIRE(file.has_value());
  return file->All();
}

struct Setting {
  std::string scheduler;
  SchedulerConfig config;
  std::string golden;  // the tensor's name
};

std::vector<Setting> EverySetting() {
  std::vector<Setting> settings;
  const auto add = [&](const std::string& scheduler, const SchedulerConfig& config,
                       const std::string& tail) {
    settings.push_back({scheduler, config,
                        scheduler + "." + config.beta_schedule +
                            (config.rescale_betas_zero_snr ? ".zero_snr." : ".plain.") +
                            config.prediction_type + "." + config.timestep_spacing + tail});
  };
  for (const std::string betas : {"linear", "scaled_linear"})
    for (const bool zero_snr : {false, true})
      for (const std::string prediction : {"epsilon", "v_prediction", "sample"})
        for (const std::string spacing : {"trailing", "leading", "linspace"}) {
          if (zero_snr && prediction == "epsilon") continue;  // refused by name
          SchedulerConfig config{.beta_schedule = betas,
                                 .rescale_betas_zero_snr = zero_snr,
                                 .prediction_type = prediction,
                                 .timestep_spacing = spacing,
                                 .clip_sample_range = 0.8};
          for (const std::string name : {"dpmpp_2m", "unipc"}) add(name, config, "");
          for (const bool to_one : {false, true})
            for (const bool clip : {false, true}) {
              config.set_alpha_to_one = to_one;
              config.clip_sample = clip;
              add("ddim", config,
                  std::string(to_one ? ".to_one" : ".to_first") + (clip ? ".clip" : ".free"));
            }
        }
  return settings;
}

/// network() of tools/scheduler_goldens.py.
at::Tensor Network(const at::Tensor& pattern, const at::Tensor& sample, int64_t timestep) {
  return 0.5 * at::tanh(sample) + std::cos(static_cast<double>(timestep) / 150.0) * pattern;
}

/// The samples after every step of 2, of 5 and of 20.
at::Tensor Trajectories(Scheduler& scheduler, const TensorMap& goldens) {
  std::vector<at::Tensor> rows;
  for (const int steps : {2, 5, 20}) {
    scheduler.SetTimesteps(steps);
    at::Tensor sample = goldens.at("start");
    for (int step = 0; step < steps; ++step) {
      const int64_t t = scheduler.timesteps()[static_cast<size_t>(step)];
      sample = scheduler.Step(Network(goldens.at("pattern"), sample, t), step, sample);
      rows.push_back(sample);
    }
  }
  return at::stack(rows);
}

TEST_CASE("Every scheduler in every setting walks diffusers' trajectories", "[schedulers]") {
  const TensorMap goldens = Goldens();
  std::map<std::string, double> worst;
  std::set<std::string> walked;
  for (const Setting& setting : EverySetting()) {
    INFO(setting.golden);
    REQUIRE(goldens.contains(setting.golden));
    walked.insert(setting.golden);
    auto scheduler = MakeScheduler(setting.scheduler, setting.config);
    REQUIRE(scheduler.has_value());
    const at::Tensor golden = goldens.at(setting.golden);
    const at::Tensor ours = Trajectories(**scheduler, goldens);
    REQUIRE(ours.sizes() == golden.sizes());
    const double difference =
        ((ours - golden).abs() / golden.abs().clamp_min(1)).max().item<double>();
    CHECK(difference < kTrajectoryBar);
    worst[setting.scheduler] = std::max(worst[setting.scheduler], difference);
  }
  for (const auto& [name, difference] : worst) UNSCOPED_INFO(name << " " << difference);
  size_t trajectories = 0;
  for (const auto& [name, tensor] : goldens) trajectories += tensor.dim() == 5 ? 1 : 0;
  CHECK(walked.size() == trajectories);
  CHECK(walked.size() == 180);
}

TEST_CASE("Betas and cumulative alphas are diffusers', with and without a rest of signal",
          "[schedulers]") {
  const TensorMap goldens = Goldens();
  for (const std::string betas : {"linear", "scaled_linear"}) {
    for (const bool zero_snr : {false, true}) {
      const NoiseSchedule schedule(
          SchedulerConfig{.beta_schedule = betas, .rescale_betas_zero_snr = zero_snr});
      const std::string tail = "." + betas + (zero_snr ? ".zero_snr" : ".plain");
      INFO(tail);
      const at::Tensor alphas = goldens.at("alphas_cumprod" + tail);
      CHECK((schedule.betas() - goldens.at("betas" + tail)).abs().max().item<double>() < 1e-6);
      CHECK((schedule.alphas_cumprod() - alphas).abs().max().item<double>() < 1e-6);
      CHECK((schedule.alpha_cumprod(999) == 0.0f) == zero_snr);
    }
  }
}

TEST_CASE("Timesteps are diffusers' for every count of steps that fits the schedule",
          "[schedulers]") {
  const TensorMap goldens = Goldens();
  for (const std::string name : {"ddim", "dpmpp_2m", "unipc"}) {
    for (const std::string spacing : {"trailing", "leading", "linspace"}) {
      auto scheduler = MakeScheduler(name, SchedulerConfig{.timestep_spacing = spacing});
      REQUIRE(scheduler.has_value());
      const at::Tensor sums =
          goldens.at("timesteps." + std::string(name == "ddim" ? "ddim." : "multistep.") + spacing);
      REQUIRE(sums.size(0) >= 998);
      for (int steps = 1; steps <= sums.size(0); ++steps) {
        (*scheduler)->SetTimesteps(steps);
        int64_t sum = 0;
        for (int i = 0; i < steps; ++i) sum += (i + 1) * (*scheduler)->timesteps()[i];
        if (sum != sums[steps - 1].item<int64_t>())
          FAIL(name << " " << spacing << " differs at " << steps << " steps");
      }
    }
  }
}

}  // namespace
}  // namespace atelier::engine
