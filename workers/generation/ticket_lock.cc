#include "generation/turns.h"

#include <algorithm>
#include <chrono>

namespace atelier::generation {
namespace {

constexpr std::chrono::milliseconds kPollInterval{20};

}  // namespace

bool Turns::Take(const std::function<bool()>& keep_waiting) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  line_.push_back(ticket);
  while (!moved_.wait_for(lock, kPollInterval, [&] { return line_.front() == ticket; })) {
    lock.unlock();
    const bool go_on = keep_waiting();
    lock.lock();
    if (go_on) continue;
    line_.erase(std::find(line_.begin(), line_.end(), ticket));
    // It may have come to the front just now.
    moved_.notify_all();
    return false;
  }
  return true;
}

void Turns::Give() {
  const std::lock_guard lock(mutex_);
  line_.pop_front();
  moved_.notify_all();
}

}  // namespace atelier::generation
