// SampleFeeder: renders samples ahead of the trainer in background threads.
//
// Sample i is a pure function of i, and samples are handed out in order of i whichever thread made
// them: a run that resumes at sample n sees exactly what it would have seen.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace atelier::training {

template <typename Sample>
class SampleFeeder {
 public:
  using Make = std::function<Sample(int64_t index)>;

  /// Starts `threads` threads at sample `first`; at most `ahead` finished samples wait.
  SampleFeeder(Make make, int64_t first, int threads, int64_t ahead)
      : make_(std::move(make)), next_to_make_(first), next_to_take_(first), ahead_(ahead) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  }

  ~SampleFeeder() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  /// The next sample in order; waits for it.
  Sample Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ready_.contains(next_to_take_); });
    auto node = ready_.extract(next_to_take_++);
    lock.unlock();
    changed_.notify_all();
    return std::move(node.mapped());
  }

  std::vector<Sample> Take(int64_t count) {
    std::vector<Sample> samples;
    samples.reserve(count);
    for (int64_t i = 0; i < count; ++i) samples.push_back(Take());
    return samples;
  }

 private:
  void Run() {
    while (true) {
      int64_t index;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || next_to_make_ < next_to_take_ + ahead_; });
        if (stopping_) return;
        index = next_to_make_++;
      }
      Sample sample = make_(index);
      {
        std::lock_guard lock(mutex_);
        ready_.emplace(index, std::move(sample));
      }
      changed_.notify_all();
    }
  }

  Make make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Sample> ready_;  // guarded by mutex_
  int64_t next_to_make_;             // guarded by mutex_
  int64_t next_to_take_;             // guarded by mutex_
  int64_t ahead_;
  bool stopping_ = false;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace atelier::training
