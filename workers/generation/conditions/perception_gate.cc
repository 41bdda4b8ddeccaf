#include "generation/conditions/perception_gate.h"

#include <utility>

namespace atelier::generation {
namespace {

constexpr std::chrono::seconds kFresh{1};

}  // namespace

Status PerceptionGate::Ready(std::stop_token stop) {
  const Clock::Monotonic now = clock_.NowMonotonic();
  const Status refreshed = perception_.Refresh(std::move(stop));
  const std::lock_guard lock(mutex_);
  was_asked_ = refreshed.has_value();
  asked_ = now;
  return refreshed;
}

bool PerceptionGate::IsFresh() const {
  const std::lock_guard lock(mutex_);
  return was_asked_ && clock_.NowMonotonic() - asked_ < kFresh;
}

Result<std::unique_ptr<runtime::PreparedJob>> PerceptionGate::Prepare(const v1::LeasedJob& job,
                                                                      std::stop_token stop) {
  // Without an answer the job finds out itself what it lacks: it may need neither service.
  if (!IsFresh()) (void)Ready(stop);
  return inner_.Prepare(job, std::move(stop));
}

}  // namespace atelier::generation
