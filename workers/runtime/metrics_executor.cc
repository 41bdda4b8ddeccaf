#include "runtime/metrics_executor.h"

#include <chrono>

namespace atelier::runtime {
namespace {

/// Counts each step once, although every job of the batch reports it.
class StepTimes : public BatchEvents {
 public:
  StepTimes(BatchEvents& inner, prometheus::Histogram& step_seconds)
      : inner_(inner), step_seconds_(step_seconds) {}

  bool Wanted(size_t job) override { return inner_.Wanted(job); }
  void OnDevice(bool has) override { inner_.OnDevice(has); }
  void OnProgress(size_t job, v1::JobProgress progress) override {
    if (first_ < 0) first_ = static_cast<int64_t>(job);
    if (first_ == static_cast<int64_t>(job)) step_seconds_.Observe(progress.step_seconds());
    inner_.OnProgress(job, std::move(progress));
  }
  void OnPicture(size_t job, size_t index, PaintedPicture picture) override {
    inner_.OnPicture(job, index, std::move(picture));
  }
  void OnFilm(size_t job, PaintedFilm film) override { inner_.OnFilm(job, std::move(film)); }
  void OnEnd(size_t job, Status end) override {
    // Another job takes over where this one's steps end.
    if (first_ == static_cast<int64_t>(job)) first_ = -1;
    inner_.OnEnd(job, std::move(end));
  }

 private:
  BatchEvents& inner_;
  prometheus::Histogram& step_seconds_;
  int64_t first_ = -1;
};

}  // namespace

Result<std::unique_ptr<PreparedJob>> MetricsExecutor::Prepare(const v1::LeasedJob& job,
                                                              std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  auto prepared = inner_.Prepare(job, stop);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  metrics_.prepare_seconds.Observe(seconds.count());
  return prepared;
}

void MetricsExecutor::Paint(std::span<PreparedJob* const> jobs, BatchEvents& events) {
  metrics_.batch_size.Observe(static_cast<double>(jobs.size()));
  StepTimes counted(events, metrics_.step_seconds);
  inner_.Paint(jobs, counted);
}

}  // namespace atelier::runtime
