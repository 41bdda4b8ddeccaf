// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/trainer.h"

#include <atomic>
#include <cmath>
#include <fstream>

#include "engine/train/ema.h"
#include "engine/train/learning_rate.h"
#include "engine/weights/load.h"
#include "support/temp_dir.h"

namespace atelier::training {
namespace {

/// Learns y = 3x from samples it numbers itself; stops the run after `limit` losses in all.
class LineTask : public Task {
 public:
  LineTask(torch::nn::Linear line, const RunState& state, int64_t limit, std::atomic<bool>& stop)
      : Task({{"line", line.ptr()}}, state), line_(line), limit_(limit), stop_(stop) {
    at::NoGradGuard no_grad;
    line_->weight.fill_(0);
    line_->bias.fill_(0);
  }

  at::Tensor NextLoss(at::Generator& generator) override {
    if (++samples_taken_ >= limit_) stop_ = true;
    const at::Tensor x = at::randn({8, 1}, generator, at::kFloat);
    return (line_->forward(x) - 3 * x).square().mean();
  }
  Result<std::string> Evaluate(const std::filesystem::path&) override { return std::string("ok"); }
  float weight() const { return line_->weight.item<float>(); }

 private:
  torch::nn::Linear line_;
  int64_t limit_;
  std::atomic<bool>& stop_;
};

/// Runs until `limit` losses were taken in all; returns the weight reached.
float RunUntil(const std::filesystem::path& out, int64_t limit) {
  TrainerOptions options;
  options.out = out;
  // The budget is never reached: the rate does not depend on how fast the machine is.
  options.minutes = 1e9;
  options.learning_rate = 0.05;
  options.warmup_steps = 1;
  options.mixed_precision = false;
  std::atomic<bool> stop = false;
  const auto state = ReadRunState(out);
  REQUIRE(state.has_value());
  LineTask task(torch::nn::Linear(torch::nn::LinearOptions(1, 1)), *state, limit, stop);
  const Status status = Train(task, options, stop);
  INFO((status ? "" : status.error().message));
  REQUIRE(status.has_value());
  return task.weight();
}

}  // namespace

TEST_CASE("A run stopped half way and resumed ends where an unbroken one does", "[training]") {
  const testing::TempDir whole, broken;
  const float unbroken = RunUntil(whole.path(), 60);
  RunUntil(broken.path(), 25);
  const float resumed = RunUntil(broken.path(), 60);
  CHECK(unbroken == resumed);
  CHECK(std::abs(unbroken - 3.0f) < 0.9f);
}

TEST_CASE("Training exports averaged weights in half precision", "[training]") {
  const testing::TempDir out;
  RunUntil(out.path(), 10);
  const auto weights = engine::ReadWeights(out.path() / "line.safetensors");
  REQUIRE(weights.has_value());
  CHECK(weights->at("weight").scalar_type() == at::kHalf);
}

TEST_CASE("A checkpoint made small for a journey goes on from what it still holds", "[training]") {
  const testing::TempDir out;
  RunUntil(out.path(), 30);
  const std::filesystem::path checkpoint = out.path() / "checkpoint";
  SECTION("without moments from its weights") {
    std::filesystem::remove(checkpoint / "optimizer.safetensors");
    const auto weights = engine::ReadWeights(checkpoint / "line.safetensors");
    REQUIRE(weights.has_value());
    const auto trained = weights->at("weight").item<float>();
    CHECK(std::abs(RunUntil(out.path(), 31) - trained) < 0.06f);  // one step at the rate 0.05
  }
  SECTION("without weights from the averages that were exported") {
    for (const char* file : {"optimizer", "line", "line_ema"})
      REQUIRE(std::filesystem::remove(checkpoint / (std::string(file) + ".safetensors")));
    const auto weights = engine::ReadWeights(out.path() / "line.safetensors");
    REQUIRE(weights.has_value());
    const auto averaged = weights->at("weight").to(at::kFloat).item<float>();
    CHECK(std::abs(RunUntil(out.path(), 31) - averaged) < 0.06f);
  }
  SECTION("without either not at all") {
    std::filesystem::remove(checkpoint / "line.safetensors");
    std::filesystem::remove(out.path() / "line.safetensors");
    TrainerOptions options;
    options.out = out.path();
    std::atomic<bool> stop = false;
    LineTask task(torch::nn::Linear(torch::nn::LinearOptions(1, 1)), {}, 31, stop);
    const Status status = Train(task, options, stop);
    REQUIRE_FALSE(status);
    CHECK(status.error().reason == "CHECKPOINT_UNREADABLE");
  }
  CHECK(ReadRunState(out.path())->step >= 30);
}

TEST_CASE("A part of a run ends at its own minutes, and the next goes on", "[training]") {
  const testing::TempDir out;
  TrainerOptions options;
  options.out = out.path();
  options.minutes = 1e9;
  options.part_minutes = 0.001;
  options.mixed_precision = false;
  std::atomic<bool> stop = false;
  int64_t steps = 0;
  for (int part = 0; part < 2; ++part) {
    LineTask task(torch::nn::Linear(torch::nn::LinearOptions(1, 1)), *ReadRunState(out.path()),
                  1'000'000'000, stop);
    REQUIRE(Train(task, options, stop));
    const RunState state = *ReadRunState(out.path());
    CHECK(state.step > steps);
    CHECK(state.samples_taken == state.step);
    steps = state.step;
  }
  CHECK_FALSE(stop);
}

TEST_CASE("A run whose losses stay broken ends with an error and keeps no broken weights",
          "[training]") {
  /// Learns nothing: its loss is no number.
  class BrokenTask : public LineTask {
   public:
    using LineTask::LineTask;
    at::Tensor NextLoss(at::Generator& generator) override {
      return LineTask::NextLoss(generator) * std::nan("");
    }
  };
  const testing::TempDir out;
  TrainerOptions options;
  options.out = out.path();
  options.minutes = 1e9;
  options.mixed_precision = false;
  const int64_t steps = GENERATE(10, 50);
  std::atomic<bool> stop = false;
  BrokenTask task(torch::nn::Linear(torch::nn::LinearOptions(1, 1)), {}, steps, stop);
  const Status status = Train(task, options, stop);
  CHECK(task.weight() == 0);
  CHECK(status.has_value() == (steps == 10));
  if (!status) CHECK(status.error().reason == "TRAINING_DIVERGED");
}

TEST_CASE("A checkpoint that lost its state is refused, not trained over", "[training]") {
  const testing::TempDir out;
  RunUntil(out.path(), 5);
  std::ofstream(out.path() / "checkpoint" / "state.json") << "{\"step\": 3";
  const auto state = ReadRunState(out.path());
  REQUIRE_FALSE(state.has_value());
  CHECK(state.error().reason == "CHECKPOINT_UNREADABLE");
}

TEST_CASE("The learning rate warms up, peaks and ends at zero", "[training]") {
  const engine::LearningRate rate{.peak = 1.0, .warmup_steps = 10};
  CHECK(rate.At(0, 0) == Approx(0.1));
  CHECK(rate.At(9, 0) == Approx(1.0));
  CHECK(rate.At(1000, 0.5) == Approx(0.5));
  CHECK(rate.At(1000, 1.0) == Approx(0.0).margin(1e-12));
  CHECK(rate.At(1000, 1.7) == Approx(0.0).margin(1e-12));
}

TEST_CASE("The moving average swaps in and out without losing either side", "[training]") {
  torch::nn::Linear line(torch::nn::LinearOptions(2, 1));
  engine::Ema ema(*line, 0.9);
  const at::Tensor start = line->weight.detach().clone();
  {
    at::NoGradGuard no_grad;
    line->weight.add_(1);
  }
  ema.Update();
  const at::Tensor trained = line->weight.detach().clone();
  ema.Swap();
  // First update: decay is (1 + 0) / (10 + 0).
  CHECK(at::allclose(line->weight, start + 0.9));
  ema.Swap();
  CHECK(at::equal(line->weight, trained));
}

}  // namespace atelier::training
