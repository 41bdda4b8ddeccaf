// Processor time of the rendering thread.
#pragma once

#include <ctime>

namespace atelier::people {

/// Adds this thread's processor time since it was last asked to a counter: on a busy machine the
/// wall clock would measure the neighbours.
class Stopwatch {
 public:
  void AddTo(double& milliseconds) {
    const double now = Now();
    milliseconds += now - last_;
    last_ = now;
  }

 private:
  static double Now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
  }
  double last_ = Now();
};

}  // namespace atelier::people
