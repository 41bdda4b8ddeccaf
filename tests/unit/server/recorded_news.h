// RecordedNews: a listener that keeps what it is told, for a test to wait on.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "server/jobs/job_followers.h"

namespace atelier::server {

class RecordedNews final : public JobListener {
 public:
  bool OnNews(const JobNews& news) override {
    const MutexLock lock(mutex_);
    seen_.push_back(news);
    changed_.NotifyAll();
    return ready_;
  }
  void OnEnd(const Result<JobRecord>& end) override {
    const MutexLock lock(mutex_);
    end_ = end;
    changed_.NotifyAll();
  }

  std::vector<JobNews> seen() {
    const MutexLock lock(mutex_);
    return seen_;
  }
  /// Waits for `count` news in all, or for the end.
  std::vector<JobNews> Wait(size_t count,
                            std::chrono::milliseconds limit = std::chrono::seconds(30)) {
    MutexLock lock(mutex_);
    changed_.WaitFor(lock, limit, [&]() REQUIRES(mutex_) { return seen_.size() >= count || end_; });
    return seen_;
  }
  /// Nothing when none came within the time.
  std::optional<Result<JobRecord>> End(std::chrono::milliseconds limit = std::chrono::seconds(60)) {
    MutexLock lock(mutex_);
    changed_.WaitFor(lock, limit, [&]() REQUIRES(mutex_) { return end_.has_value(); });
    return end_;
  }
  /// What it answers from now on.
  void SetReady(bool ready) {
    const MutexLock lock(mutex_);
    ready_ = ready;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  bool ready_ GUARDED_BY(mutex_) = true;
  std::vector<JobNews> seen_ GUARDED_BY(mutex_);
  std::optional<Result<JobRecord>> end_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
