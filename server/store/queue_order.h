// QueueOrder: how many queued jobs stand before one, in memory and in logarithmic time. Stores keep
// it beside their rows and tell it of every committed change, in the order of the commits.
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "server/store/job_record.h"

namespace atelier::server {

class QueueOrder {
 public:
  QueueOrder();
  ~QueueOrder();

  /// `job` was committed as it is now.
  void Changed(const JobRecord& job);
  /// JobStore::CountAhead.
  int64_t Ahead(const JobRecord& job) const;

 private:
  struct Lanes;

  mutable Mutex mutex_;
  const std::unique_ptr<Lanes> lanes_ PT_GUARDED_BY(mutex_);
};

}  // namespace atelier::server
