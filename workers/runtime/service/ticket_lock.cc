#include "runtime/service/ticket_lock.h"

#include <algorithm>
#include <chrono>

namespace atelier::runtime {
namespace {

constexpr std::chrono::milliseconds kPollInterval{20};

}  // namespace

bool TicketLock::Acquire(const std::function<bool()>& keep_waiting) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  waiting_.push_back(ticket);
  const auto is_next = [&] { return free_ > 0 && waiting_.front() == ticket; };
  bool go_on = true;
  while (go_on && !moved_.wait_for(lock, kPollInterval, is_next)) {
    lock.unlock();
    go_on = keep_waiting();
    lock.lock();
  }
  waiting_.erase(std::find(waiting_.begin(), waiting_.end(), ticket));
  if (go_on) --free_;
  // Whoever is first now may have it.
  moved_.notify_all();
  return go_on;
}

void TicketLock::Release() {
  const std::lock_guard lock(mutex_);
  ++free_;
  moved_.notify_all();
}

}  // namespace atelier::runtime
