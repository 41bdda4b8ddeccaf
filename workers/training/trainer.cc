#include "training/trainer.h"

#include <ATen/autocast_mode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "engine/cpu/onednn.h"
#include "engine/train/adamw.h"
#include "engine/train/learning_rate.h"
#include "training/checkpoint.h"
#include "training/step_meter.h"

namespace atelier::training {
namespace {

using Seconds = std::chrono::duration<double>;
using SteadyClock = std::chrono::steady_clock;

/// A broken batch must not poison the weights; many in a row mean that the run is lost.
constexpr int64_t kMostBrokenSteps = 20;

engine::NamedParameters Parameters(const Task& task) {
  engine::NamedParameters parameters;
  for (const TrainedModule& trained : task.modules())
    for (const auto& item : trained.module->named_parameters())
      if (item.value().requires_grad())
        parameters.emplace_back(trained.component + "." + item.key(), item.value());
  return parameters;
}

/// What happened since some moment, as far as it was read from the device.
struct Tally {
  double loss_sum = 0;
  int64_t finite_steps = 0;
  double seconds = 0;
  double waited_seconds = 0;

  double loss() const { return loss_sum / std::max<double>(1, finite_steps); }
  double waiting_percent() const {
    return seconds > 0 ? std::min(100.0, 100 * waited_seconds / seconds) : 0;
  }
};

/// Processors without bf16 imitate it, a step some ten times as slow.
bool HasBfloat16(const at::Device& device) {
  return !device.is_cpu() || engine::onednn::Supports(at::kBFloat16);
}

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
        mixed_precision_(options.mixed_precision && HasBfloat16(at::Device(options.device))),
        optimizer_(Parameters(task), {.weight_decay = options.weight_decay}),
        generator_(at::detail::createCPUGenerator(options.seed)),
        meter_(at::Device(options.device)) {
    for (const TrainedModule& trained : task.modules())
      emas_.emplace_back(*trained.module, options.ema_decay);
  }

  Status Start() {
    ATELIER_ASSIGN_OR_RETURN(state_, ReadRunState(options_.out));
    if (state_.step > 0) ATELIER_RETURN_IF_ERROR(Resume());
    part_started_ = SteadyClock::now();
    earlier_seconds_ = state_.seconds;
    last_evaluation_ = last_report_ = part_started_;
    reported_pictures_ = task_.pictures_seen();
    return {};
  }

  /// Of the budget, 0..1 and above.
  double Done() const { return ElapsedSeconds() / (options_.minutes * 60); }
  bool Over() const {
    return Done() >= 1 ||
           (options_.part_minutes > 0 && PartSeconds() >= options_.part_minutes * 60);
  }

  Status Step() {
    optimizer_.ZeroGradients();
    at::Tensor loss;
    {
      const Autocast autocast(at::Device(options_.device).type(), mixed_precision_);
      loss = task_.NextLoss(generator_);
    }
    loss.backward();
    const at::Tensor norm = optimizer_.ClipGradients(options_.clip_norm);
    const at::Tensor finite = meter_.Add(loss, norm);
    const engine::LearningRate rate{options_.learning_rate, options_.warmup_steps};
    optimizer_.Step(rate.At(state_.step - warm_from_, Done()), finite);
    for (engine::Ema& ema : emas_) ema.Update();
    ++state_.step;
    return Seconds(SteadyClock::now() - last_report_).count() < options_.report_seconds ? Status()
                                                                                        : Report();
  }

  bool EvaluationDue() const {
    return Seconds(SteadyClock::now() - last_evaluation_).count() > options_.eval_minutes * 60;
  }

  /// Evaluates the averaged weights and writes checkpoint and export.
  Status Save() {
    ATELIER_RETURN_IF_ERROR(Report());
    state_.seconds = ElapsedSeconds();
    state_.samples_taken = task_.samples_taken();
    state_.pictures_seen = task_.pictures_seen();
    state_.place = task_.place();
    ATELIER_RETURN_IF_ERROR(SaveCheckpoint(options_.out, Borrow(), state_));
    ATELIER_RETURN_IF_ERROR(ExportWeights(options_.out, Borrow()));
    const Result<std::string> figures = Evaluate();
    if (!figures) return Propagate(figures.error(), "evaluation");
    std::printf("\n[%.1f min] step %lld, %lld pictures: loss %.4f | %s\n", state_.seconds / 60,
                static_cast<long long>(state_.step), static_cast<long long>(state_.pictures_seen),
                evaluated_.loss(), figures->c_str());
    if (options_.show_waiting && evaluated_.seconds > 0)
      std::printf("waiting for data: %.1f %% of a step in %.0f s of steps\n",
                  evaluated_.waiting_percent(), evaluated_.seconds);
    std::fflush(stdout);
    evaluated_ = {};
    last_evaluation_ = last_report_ = SteadyClock::now();
    return {};
  }

 private:
  Trained Borrow() { return {task_.modules(), emas_, optimizer_, generator_}; }

  double PartSeconds() const { return Seconds(SteadyClock::now() - part_started_).count(); }
  double ElapsedSeconds() const { return earlier_seconds_ + PartSeconds(); }

  Status Resume() {
    ATELIER_ASSIGN_OR_RETURN(const Restored restored, LoadCheckpoint(options_.out, Borrow()));
    if (restored.moments) return {};
    // Fresh moments say nothing about the gradients' size yet: the rate warms up once more.
    warm_from_ = state_.step;
    std::printf("the checkpoint holds no moments of the optimiser%s: they start afresh\n",
                restored.weights ? "" : ", and of the weights their averages alone");
    return {};
  }

  Result<std::string> Evaluate() {
    const at::NoGradGuard no_grad;
    for (engine::Ema& ema : emas_) ema.Swap();
    for (const TrainedModule& trained : task_.modules()) trained.module->eval();
    Result<std::string> figures = task_.Evaluate(options_.out);
    for (const TrainedModule& trained : task_.modules()) trained.module->train();
    for (engine::Ema& ema : emas_) ema.Swap();
    return figures;
  }

  /// Reads what the steps since the last report summed up, and shows it.
  Status Report() {
    const StepMeter::Reading reading = meter_.Read();
    const auto now = SteadyClock::now();
    Tally tally{reading.loss_sum, reading.finite_steps, Seconds(now - last_report_).count(),
                task_.TakeWaitedSeconds()};
    last_report_ = now;
    evaluated_.loss_sum += tally.loss_sum;
    evaluated_.finite_steps += tally.finite_steps;
    // The first report's steps wait for the threads that start.
    if (reported_) evaluated_.seconds += tally.seconds;
    if (reported_) evaluated_.waited_seconds += tally.waited_seconds;
    reported_ = true;
    if (task_.pictures_seen() > reported_pictures_) Show(tally, reading.norm);
    if (reading.broken_in_a_row <= kMostBrokenSteps) return {};
    return MakeError(Code::kInternal, "TRAINING_DIVERGED",
                     "the loss was not finite for " + std::to_string(reading.broken_in_a_row) +
                         " steps in a row; lower --learning-rate");
  }

  void Show(const Tally& tally, double norm) {
    const int64_t pictures = task_.pictures_seen() - reported_pictures_;
    reported_pictures_ = task_.pictures_seen();
    std::printf("\r%5.1f/%.0f min  step %lld  %.1f pictures/s  loss %.4f  |g| %.2f   ",
                ElapsedSeconds() / 60, options_.minutes, static_cast<long long>(state_.step),
                static_cast<double>(pictures) / std::max(0.001, tally.seconds), tally.loss(), norm);
    if (options_.show_waiting)
      std::printf("waiting for data: %.1f %% of a step   ", tally.waiting_percent());
    std::fflush(stdout);
  }

  Task& task_;
  TrainerOptions options_;
  bool mixed_precision_;
  engine::AdamW optimizer_;
  std::vector<engine::Ema> emas_;
  at::Generator generator_;
  StepMeter meter_;
  RunState state_;  // its step counts broken ones too
  /// The step that the moments start from.
  int64_t warm_from_ = 0;
  /// Since the last evaluation.
  Tally evaluated_;
  int64_t reported_pictures_ = 0;
  bool reported_ = false;
  double earlier_seconds_ = 0;
  SteadyClock::time_point part_started_, last_report_, last_evaluation_;
};

}  // namespace

Status Train(Task& task, const TrainerOptions& options, const std::atomic<bool>& stop) {
  Run run(task, options);
  ATELIER_RETURN_IF_ERROR(run.Start());
  while (!stop && !run.Over()) {
    ATELIER_RETURN_IF_ERROR(run.Step());
    if (run.EvaluationDue()) ATELIER_RETURN_IF_ERROR(run.Save());
  }
  return run.Save();
}

void MeasureData(Task& task, const TrainerOptions& options, const std::atomic<bool>& stop) {
  at::Generator generator = at::detail::createCPUGenerator(options.seed);
  const int64_t first = task.samples_taken();
  const auto started = SteadyClock::now();
  auto shown = started;
  int64_t steps = 0;
  double seconds = 0;
  while (!stop && seconds < options.minutes * 60) {
    task.SkipStep(generator);
    ++steps;
    const auto now = SteadyClock::now();
    seconds = Seconds(now - started).count();
    if (Seconds(now - shown).count() < options.report_seconds && seconds < options.minutes * 60)
      continue;
    shown = now;
    std::printf("\rdata alone: %.1f steps/s, %.1f new samples/s in %.0f s   ",
                static_cast<double>(steps) / seconds,
                static_cast<double>(task.samples_taken() - first) / seconds, seconds);
    std::fflush(stdout);
  }
  std::printf("\n");
}

}  // namespace atelier::training
