// Data made ahead of the steps that are trained on them.
// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/data/steps_ahead.h"

#include <ATen/record_function.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "support/other_device.h"
#include "support/temp_dir.h"
#include "training/data/reused_batch.h"
#include "training/step_meter.h"
#include "training/tasks/mcld_task.h"
#include "training/trainer.h"
#include "unit/training/carried_data.h"

namespace atelier::training {
namespace {

/// Draws a number a step, and counts steps as samples.
StepsAhead<double>::Make Numbers(int64_t& made) {
  return [&made](at::Generator& generator) -> StepsAhead<double>::Step {
    return {at::rand({}, generator, at::kDouble).item<double>(), {++made, {made % 3}}};
  };
}

McldTaskOptions SmallRun() {
  McldTaskOptions options;
  options.batch = 2;
  options.pool = 4;
  options.reuse = 2;
  options.person_weight = 1;
  options.decoded_weight = 0.5;
  options.evaluation_pairs = 1;
  return options;
}

/// The target pictures, noise and cuts of the steps that `threads` feeder threads serve.
std::vector<at::Tensor> InputsOf(int threads, int steps) {
  auto training = MakeMcldTraining(kModel, kModel);
  REQUIRE(training.has_value());
  McldTaskOptions options = SmallRun();
  options.render_threads = threads;
  McldData data(TheBody(), *training, options, {});
  at::Generator generator = at::detail::createCPUGenerator(3);
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> found;
  for (int i = 0; i < steps; ++i) {
    const McldInputs inputs = data.Next(generator).inputs;
    for (const at::Tensor& tensor : {inputs.batch.target, inputs.batch.face, inputs.batch.truth,
                                     inputs.noisy, inputs.t, inputs.decoded.truth})
      found.push_back(tensor);
  }
  return found;
}

/// Counts what makes this thread wait for the other device: numbers and copies that are read back
/// from it, and copies to it that are not told to go on without waiting. The device is a stand-in
/// whose arithmetic is the CPU's; what it copies for that, inside of operations, is left out.
class WaitsCounted {
 public:
  WaitsCounted() {
    count = depth = 0;
    auto callback = at::RecordFunctionCallback(
                        [](const at::RecordFunction& f) -> std::unique_ptr<at::ObserverContext> {
                          const std::string name = f.name();
                          if (name == "aten::to") return nullptr;  // calls one that is looked at
                          count += (depth == 0 && IsCopyThere(name, f)) || IsRead(name, f);
                          ++depth;
                          return std::make_unique<Entered>();
                        },
                        [](const at::RecordFunction&, at::ObserverContext* entered) {
                          depth -= entered != nullptr;
                        })
                        .needsInputs(true)
                        .scopes({at::RecordScope::FUNCTION});
    handle_ = at::addThreadLocalCallback(std::move(callback));
  }
  ~WaitsCounted() { at::removeCallback(handle_); }

  static int64_t Count() { return count; }

 private:
  struct Entered : at::ObserverContext {};

  static bool IsThere(const c10::IValue& value) {
    return value.isTensor() && value.toTensor().defined() &&
           value.toTensor().device() == testing::OtherDevice();
  }
  static bool IsHere(const c10::IValue& value) {
    return value.isTensor() && value.toTensor().defined() && value.toTensor().is_cpu();
  }
  static bool IsRead(const std::string& name, const at::RecordFunction& f) {
    const auto inputs = f.inputs();
    if (inputs.empty()) return false;
    // The last two give as much as they find: its size is read.
    for (const char* read :
         {"aten::_local_scalar_dense", "aten::equal", "aten::nonzero", "aten::masked_select"})
      if (name == read) return IsThere(inputs[0]);
    if (depth > 0) return false;
    if (name == "aten::_to_copy")
      return IsThere(inputs[0]) && inputs[3].isDevice() && inputs[3].toDevice().is_cpu();
    return name == "aten::copy_" && IsHere(inputs[0]) && IsThere(inputs[1]);
  }
  static bool IsCopyThere(const std::string& name, const at::RecordFunction& f) {
    const auto inputs = f.inputs();
    if (name == "aten::_to_copy")
      return IsHere(inputs[0]) && inputs[3].isDevice() && !inputs[3].toDevice().is_cpu() &&
             !inputs[5].toBool();
    return name == "aten::copy_" && IsThere(inputs[0]) && IsHere(inputs[1]) &&
           inputs[1].toTensor().dim() > 0 && !inputs[2].toBool();
  }

  inline static thread_local int64_t count, depth;
  at::CallbackHandle handle_;
};

/// A task whose loss is computed by `NextLoss()` of another, with the waits of each step.
class CountedTask : public Task {
 public:
  CountedTask(Task& task, int64_t steps, std::atomic<bool>& stop)
      : Task(task.modules(), {}), task_(task), steps_(steps), stop_(stop) {}

  at::Tensor NextLoss(at::Generator& generator) override {
    if (++samples_taken_ >= steps_) stop_ = true;
    const at::Tensor loss = task_.NextLoss(generator);
    // From the end of this step's loss to the end of the next one's is a step of the trainer.
    if (samples_taken_ > 1) waits.push_back(WaitsCounted::Count() - before_);
    before_ = WaitsCounted::Count();
    return loss;
  }
  Result<std::string> Evaluate(const std::filesystem::path&) override { return std::string("ok"); }

  std::vector<int64_t> waits;

 private:
  Task& task_;
  int64_t steps_, before_ = 0;
  std::atomic<bool>& stop_;
};

}  // namespace

TEST_CASE("Steps made ahead draw what steps made one by one draw, and leave the generator there",
          "[training]") {
  at::Generator generator = at::detail::createCPUGenerator(3);
  at::Generator plain = at::detail::createCPUGenerator(3);
  int64_t made = 0;
  StepsAhead<double> steps(Numbers(made), at::kCPU);
  for (int64_t i = 1; i <= 50; ++i) {
    const auto& step = steps.Next(generator);
    CHECK(step.inputs == at::rand({}, plain, at::kDouble).item<double>());
    CHECK(step.progress.samples_taken == i);
    CHECK(at::equal(generator.get_state(), plain.get_state()));
  }
}

TEST_CASE("Steps are made at most two ahead", "[training]") {
  std::atomic<int64_t> made = 0, taken = 0, furthest = 0;
  {
    StepsAhead<int64_t> steps(
        [&](at::Generator&) -> StepsAhead<int64_t>::Step {
          const int64_t number = ++made;
          furthest = std::max<int64_t>(furthest, number - taken);
          return {number, {}};
        },
        at::kCPU);
    at::Generator generator = at::detail::createCPUGenerator(3);
    for (int i = 0; i < 200; ++i) {
      steps.Next(generator);
      ++taken;
    }
  }
  // One more is in the making, and one may be taken between the two counts.
  CHECK(furthest <= static_cast<int64_t>(kStepsAhead) + 2);
}

TEST_CASE("What goes wrong in making a step ahead is thrown where the step is taken",
          "[training]") {
  StepsAhead<int> steps(
      [](at::Generator&) -> StepsAhead<int>::Step { throw std::runtime_error("no memory"); },
      at::kCPU);
  at::Generator generator = at::detail::createCPUGenerator(3);
  CHECK_THROWS_WITH(steps.Next(generator), "no memory");
  CHECK_THROWS_WITH(steps.Next(generator), "no memory");
}

TEST_CASE("A step that is slow to make is told as waited for, one that is ready is not",
          "[training]") {
  std::atomic<bool> slow = true;
  StepsAhead<int> steps(
      [&](at::Generator&) -> StepsAhead<int>::Step {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
        while (slow && std::chrono::steady_clock::now() < until) std::this_thread::yield();
        return {};
      },
      at::kCPU);
  at::Generator generator = at::detail::createCPUGenerator(3);
  for (int i = 0; i < 5; ++i) steps.Next(generator);
  const double waited = steps.TakeWaitedSeconds();
  CHECK(waited > 0.05);
  CHECK(steps.TakeWaitedSeconds() == 0);
}

TEST_CASE("Any number of threads serves MCLD the same steps in the same order", "[training]") {
  const std::vector<at::Tensor> alone = InputsOf(1, 5);  // into the second pool
  const std::vector<at::Tensor> many = InputsOf(4, 5);
  REQUIRE(many.size() == alone.size());
  for (size_t i = 0; i < alone.size(); ++i) CHECK(at::equal(many[i], alone[i]));
  // Otherwise the order would not show.
  CHECK_FALSE(at::equal(alone[0], alone[6]));
}

TEST_CASE("No step of the trainer waits for the device: it reads nothing back", "[training]") {
  const testing::TempDir out;
  McldTaskOptions task_options = SmallRun();
  task_options.device = testing::OtherDevice().str();
  auto training = MakeMcldTraining(kModel, kModel);
  REQUIRE(training.has_value());
  McldTask task(TheBody(), *training, task_options, {});
  std::atomic<bool> stop = false;
  CountedTask counted(task, 3, stop);
  TrainerOptions options;
  options.out = out.path();
  options.minutes = 1e9;
  options.report_seconds = 1e9;  // a report reads
  options.mixed_precision = false;
  options.device = task_options.device;
  const WaitsCounted waits;
  const Status status = Train(counted, options, stop);
  INFO((status ? "" : status.error().message));
  REQUIRE(status);
  CHECK(counted.waits == std::vector<int64_t>{0, 0});
  CHECK(WaitsCounted::Count() > 0);  // the checkpoint is read back, so reads are seen

  const at::Tensor there = at::ones({2}, at::TensorOptions(testing::OtherDevice()));
  const int64_t before = WaitsCounted::Count();
  there.sum().item<float>();
  there.cpu();
  at::zeros({2}).copy_(there);
  at::ones({2}).to(testing::OtherDevice());
  at::ones({2}).to(testing::OtherDevice(), at::kFloat, /*non_blocking=*/true);
  CHECK(WaitsCounted::Count() == before + 4);
}

}  // namespace atelier::training
