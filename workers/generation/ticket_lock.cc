#include "generation/ticket_lock.h"

#include <algorithm>
#include <chrono>

namespace atelier::generation {
namespace {

constexpr std::chrono::milliseconds kPollInterval{20};

}  // namespace

bool TicketLock::Acquire(const std::function<bool()>& keep_waiting) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  tickets_.push_back(ticket);
  while (!moved_.wait_for(lock, kPollInterval, [&] { return tickets_.front() == ticket; })) {
    lock.unlock();
    const bool go_on = keep_waiting();
    lock.lock();
    if (go_on) continue;
    tickets_.erase(std::find(tickets_.begin(), tickets_.end(), ticket));
    // It may have come to the front just now.
    moved_.notify_all();
    return false;
  }
  return true;
}

void TicketLock::Release() {
  const std::lock_guard lock(mutex_);
  tickets_.pop_front();
  moved_.notify_all();
}

}  // namespace atelier::generation
