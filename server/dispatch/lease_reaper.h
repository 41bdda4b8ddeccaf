// LeaseReaper: the thread that asks the Dispatcher a few times a second for leases that ran out.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "server/dispatch/dispatcher.h"

namespace atelier::server {

class LeaseReaper {
 public:
  /// `dispatcher` must outlive it.
  LeaseReaper(Dispatcher& dispatcher, std::chrono::milliseconds interval);
  ~LeaseReaper();

 private:
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace atelier::server
