#include "training/trainer.h"

#include <ATen/autocast_mode.h>
#include <torch/nn/utils/clip_grad.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "engine/train/learning_rate.h"
#include "training/checkpoint.h"

namespace atelier::training {
namespace {

using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

constexpr double kProgressSeconds = 2;

/// bf16 autocast for the life of the object.
class Autocast {
 public:
  Autocast(at::DeviceType device, bool on) : device_(device), on_(on) {
    if (!on_) return;
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::increment_nesting();
  }
  ~Autocast() {
    if (!on_) return;
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool on_;
};

class Run {
 public:
  Run(Task& task, const TrainerOptions& options)
      : task_(task),
        options_(options),
        optimizer_(
            Parameters(task),
            torch::optim::AdamWOptions(options.learning_rate).weight_decay(options.weight_decay)),
        generator_(at::detail::createCPUGenerator(options.seed)) {
    for (const TrainedModule& trained : task.modules())
      emas_.emplace_back(*trained.module, options.ema_decay);
  }

  Status Start() {
    ATELIER_ASSIGN_OR_RETURN(state_, ReadRunState(options_.out));
    if (state_.step > 0) ATELIER_RETURN_IF_ERROR(LoadCheckpoint(options_.out, Borrow()));
    started_ = SteadyClock::now() -
               std::chrono::duration_cast<SteadyClock::duration>(Seconds(state_.seconds));
    last_evaluation_ = SteadyClock::now();
    return {};
  }

  double Done() const { return ElapsedSeconds() / (options_.minutes * 60); }

  Status Step() {
    const engine::LearningRate rate{options_.learning_rate, options_.warmup_steps};
    for (auto& group : optimizer_.param_groups())
      static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate.At(state_.step, Done()));
    optimizer_.zero_grad();
    const at::Device device(options_.device);
    at::Tensor loss;
    {
      const Autocast autocast(device.type(), options_.mixed_precision);
      loss = task_.NextLoss(generator_);
    }
    loss.backward();
    const double norm = torch::nn::utils::clip_grad_norm_(Parameters(task_), options_.clip_norm);
    const double value = loss.item<double>();
    // A broken batch must not poison the weights; many in a row mean the run is lost.
    if (!std::isfinite(value) || !std::isfinite(norm)) {
      if (++broken_steps_ > 20)
        return MakeError(Code::kInternal, "TRAINING_DIVERGED",
                         "the loss was not finite for 20 steps in a row; lower --learning-rate");
      return {};
    }
    broken_steps_ = 0;
    optimizer_.step();
    for (engine::Ema& ema : emas_) ema.Update();
    ++state_.step;
    smooth_loss_ = smooth_loss_ < 0 ? value : 0.98 * smooth_loss_ + 0.02 * value;
    ShowProgress(norm);
    return {};
  }

  bool EvaluationDue() const {
    return Seconds(SteadyClock::now() - last_evaluation_).count() > options_.eval_minutes * 60;
  }

  /// Evaluates the averaged weights and writes checkpoint and export.
  Status Save() {
    state_.seconds = ElapsedSeconds();
    state_.samples_taken = task_.samples_taken();
    state_.pictures_seen = task_.pictures_seen();
    state_.place = task_.place();
    ATELIER_RETURN_IF_ERROR(SaveCheckpoint(options_.out, Borrow(), state_));
    ATELIER_RETURN_IF_ERROR(ExportWeights(options_.out, Borrow()));
    for (engine::Ema& ema : emas_) ema.Swap();
    for (const TrainedModule& trained : task_.modules()) trained.module->eval();
    Result<std::string> figures = [&] {
      const at::NoGradGuard no_grad;
      return task_.Evaluate(options_.out);
    }();
    for (const TrainedModule& trained : task_.modules()) trained.module->train();
    for (engine::Ema& ema : emas_) ema.Swap();
    if (!figures) return Propagate(figures.error(), "evaluation");
    std::printf("\n[%.1f min] step %lld, %lld pictures: loss %.4f | %s\n", state_.seconds / 60,
                static_cast<long long>(state_.step), static_cast<long long>(state_.pictures_seen),
                smooth_loss_, figures->c_str());
    std::fflush(stdout);
    last_evaluation_ = SteadyClock::now();
    return {};
  }

 private:
  static std::vector<at::Tensor> Parameters(const Task& task) {
    std::vector<at::Tensor> parameters;
    for (const TrainedModule& trained : task.modules())
      for (const at::Tensor& parameter : trained.module->parameters())
        if (parameter.requires_grad()) parameters.push_back(parameter);
    return parameters;
  }

  Trained Borrow() { return {task_.modules(), emas_, optimizer_, generator_}; }

  double ElapsedSeconds() const { return Seconds(SteadyClock::now() - started_).count(); }

  void ShowProgress(double norm) {
    const auto now = SteadyClock::now();
    if (Seconds(now - last_progress_).count() < kProgressSeconds) return;
    last_progress_ = now;
    std::printf("\r%5.1f/%.0f min  step %lld  %.1f pictures/s  loss %.4f  |g| %.2f   ",
                ElapsedSeconds() / 60, options_.minutes, static_cast<long long>(state_.step),
                task_.pictures_seen() / std::max(1.0, ElapsedSeconds()), smooth_loss_, norm);
    std::fflush(stdout);
  }

  Task& task_;
  TrainerOptions options_;
  torch::optim::AdamW optimizer_;
  std::vector<engine::Ema> emas_;
  at::Generator generator_;
  RunState state_;
  double smooth_loss_ = -1;  // none yet in this part of the run
  int broken_steps_ = 0;
  SteadyClock::time_point started_, last_progress_{}, last_evaluation_;
};

}  // namespace

Status Train(Task& task, const TrainerOptions& options, const std::atomic<bool>& stop) {
  Run run(task, options);
  ATELIER_RETURN_IF_ERROR(run.Start());
  while (!stop && run.Done() < 1.0) {
    ATELIER_RETURN_IF_ERROR(run.Step());
    if (run.EvaluationDue()) ATELIER_RETURN_IF_ERROR(run.Save());
  }
  return run.Save();
}

}  // namespace atelier::training
