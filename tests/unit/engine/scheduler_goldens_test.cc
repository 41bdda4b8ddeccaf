// Every scheduler in every setting against diffusers: tools/scheduler_goldens.py wrote the numbers.
#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <bit>
#include <cmath>
#include <set>

#include "engine/schedulers/noise_schedule.h"
#include "engine/schedulers/scheduler.h"
#include "engine/weights/safetensors.h"

namespace atelier::engine {
namespace {

/// Bars for what diffusers' float32 gives, each from how far diffusers is from itself on another
/// processor: its betas come from tensor operations that go by the width of the vectors and by
/// MKL's square root. Ours are the same bits everywhere (engine/schedulers/beta_schedule.h).
///
/// Betas without zero terminal SNR: equal here; the last bit (1.9e-9) with PyTorch's plain kernels.
constexpr double kPlainBetaBar = 4e-9;
/// With it, the last betas hang on differences of nearly equal roots. The goldens are an AMD
/// EPYC's, where MKL's roots are not always rounded correctly: diffusers on a Xeon, where they are,
/// and ours are 3.0e-6 off; 4.0e-6 with PyTorch's plain kernels, up to 7.9e-6 with other widths of
/// linspace().
constexpr double kZeroSnrBetaBar = 1e-5;
/// Cumulative alphas, up to 1: the same sources make 4e-7.
constexpr double kAlphaBar = 1e-6;
/// Samples, relative for values above one; they go up to 55. Measured 1.3e-6 at most ...
constexpr double kPlainTrajectoryBar = 5e-6;
/// ... and with zero terminal SNR, where diffusers on a Xeon is 6.7e-5 from diffusers here.
constexpr double kZeroSnrTrajectoryBar = 1e-4;

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
    const bool zero_snr = setting.config.rescale_betas_zero_snr;
    CHECK(difference < (zero_snr ? kZeroSnrTrajectoryBar : kPlainTrajectoryBar));
    double& largest = worst[setting.scheduler + (zero_snr ? " zero SNR" : " plain")];
    largest = std::max(largest, difference);
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
      CHECK((schedule.betas() - goldens.at("betas" + tail)).abs().max().item<double>() <
            (zero_snr ? kZeroSnrBetaBar : kPlainBetaBar));
      CHECK((schedule.alphas_cumprod() - alphas).abs().max().item<double>() < kAlphaBar);
      CHECK((schedule.alpha_cumprod(999) == 0.0f) == zero_snr);
    }
  }
}

/// FNV-1a of the bits of float32 numbers.
uint64_t BitsOf(const at::Tensor& numbers) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  const float* values = numbers.const_data_ptr<float>();
  for (int64_t i = 0; i < numbers.numel(); ++i)
    hash = (hash ^ std::bit_cast<uint32_t>(values[i])) * 0x100000001b3ULL;
  return hash;
}

TEST_CASE("The noise schedule is the same bits on every processor", "[schedulers]") {
  // A seed's picture may not depend on the machine more than its networks do, and a model trained
  // on one machine is painted with on another.
  struct Expected {
    const char* betas;
    bool zero_snr;
    uint64_t alphas, signal, noise;
  };
  const Expected all[] = {
      {"linear", false, 0x59e476b977a57c4fULL, 0xd10f2b011a24b421ULL, 0x1538794d0c7b0ed9ULL},
      {"linear", true, 0x3f94b2c5707b1f42ULL, 0x0413dd3fccc3544aULL, 0x3dedd10f3c2f1f43ULL},
      {"scaled_linear", false, 0x6fa30677e0e39d2eULL, 0x332e4600970f156cULL, 0xe3faaca9ded6283cULL},
      {"scaled_linear", true, 0xd959bb6d2dcc9df8ULL, 0x732455e5c7726cceULL, 0x87541eb0e0016657ULL}};
  for (const Expected& expected : all) {
    const NoiseSchedule schedule(SchedulerConfig{.beta_schedule = expected.betas,
                                                 .rescale_betas_zero_snr = expected.zero_snr});
    INFO(expected.betas << (expected.zero_snr ? " zero SNR" : " plain"));
    const at::Tensor every = at::arange(1000, at::kLong), like = at::empty({1});
    CHECK(BitsOf(schedule.alphas_cumprod()) == expected.alphas);
    CHECK(BitsOf(schedule.SignalFor(every, like)) == expected.signal);
    CHECK(BitsOf(schedule.NoiseFor(every, like)) == expected.noise);
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
