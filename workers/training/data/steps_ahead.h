// StepsAhead: makes what training steps need (samples drawn, joined, encoded, on the device) before
// they need it, in a thread and on a stream of its own.
//
// Steps come in order, and all random numbers of a step are drawn by that one thread from one
// generator: a run draws the same whether steps are made ahead or not.
//
// Thread rule: what `make` touches is its thread's alone. Next() and TakeWaitedSeconds() are for
// one other thread, the one that trains.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/grad_mode.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "training/data/device_stream.h"
#include "training/data/run_state.h"

namespace atelier::training {

/// Steps that wait, ready, while one is trained on: one is enough when all take the same time, and
/// the second covers a batch that is rendered and encoded among others that are not.
inline constexpr size_t kStepsAhead = 2;

template <typename Inputs>
class StepsAhead {
 public:
  struct Step {
    Inputs inputs;
    /// After this step.
    Progress progress;
  };
  /// Makes the next step; draws from the generator alone. Called without gradients.
  using Make = std::function<Step(at::Generator& generator)>;

  StepsAhead(Make make, const at::Device& device)
      : make_(std::move(make)), device_(device), meter_(device) {}

  ~StepsAhead() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  /// The next step, valid until the next call; waits for it. `generator` is left as if the step
  /// had drawn from it here. REQUIRES: `generator` is where the call before left it.
  const Step& Next(at::Generator& generator) {
    if (!thread_.joinable()) thread_ = std::thread([this, own = generator.clone()] { Run(own); });
    const StreamPoint trained = meter_.Begin();
    std::unique_lock lock(mutex_);
    if (current_) used_.push_back({std::move(current_->step), trained});
    current_.reset();
    changed_.notify_all();
    changed_.wait(lock, [this] { return !ready_.empty() || failure_; });
    if (ready_.empty()) std::rethrow_exception(failure_);
    current_ = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    StreamWaitsFor(current_->made, device_);
    meter_.End();
    generator.set_state(current_->generator_state);
    return current_->step;
  }

  /// How long steps waited for their data since the last call; see WaitMeter.
  double TakeWaitedSeconds() { return meter_.TakeSeconds(); }

 private:
  struct Ready {
    Step step;
    StreamPoint made;
    at::Tensor generator_state;
  };
  /// A step that was trained on, and when the device is done with it: its memory is of the
  /// preparing thread's stream, which must not use it again before.
  struct Used {
    Step step;
    StreamPoint trained;
  };

  void Run(at::Generator generator) {
    try {
      UseOneThread();
      UseOwnStream(device_);
      const at::NoGradGuard no_grad;
      while (WaitForRoom()) {
        Step step = make_(generator);
        Ready ready{std::move(step), MarkStream(device_), generator.get_state()};
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(ready));
        changed_.notify_all();
      }
    } catch (...) {  // LibTorch throws; Next() throws it on
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  /// False when it is time to stop. Gives back the memory of used steps.
  bool WaitForRoom() {
    std::vector<Used> used;
    bool stopping;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || ready_.size() < kStepsAhead; });
      stopping = stopping_;
      used.swap(used_);
    }
    for (const Used& step : used) StreamWaitsFor(step.trained, device_);
    return !stopping;
  }

  Make make_;
  at::Device device_;
  WaitMeter meter_;               // the training thread's
  std::optional<Ready> current_;  // the training thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Ready> ready_;     // guarded by mutex_
  std::vector<Used> used_;      // guarded by mutex_
  std::exception_ptr failure_;  // guarded by mutex_
  bool stopping_ = false;       // guarded by mutex_
  std::thread thread_;
};

}  // namespace atelier::training
