// JobStates: a set of states as a mask, so that a filter costs the same whatever a client lists.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "server/store/job_state.h"

namespace atelier::server {

class JobStates {
 public:
  JobStates() = default;
  JobStates(std::initializer_list<JobState> states) {
    for (const JobState state : states) Add(state);
  }

  void Add(JobState state) { mask_ |= Bit(state); }
  bool Has(JobState state) const { return (mask_ & Bit(state)) != 0; }
  bool empty() const { return mask_ == 0; }
  /// Bit n stands for the state of number n.
  int64_t mask() const { return mask_; }

 private:
  static int64_t Bit(JobState state) { return int64_t{1} << static_cast<int>(state); }

  int64_t mask_ = 0;
};

}  // namespace atelier::server
