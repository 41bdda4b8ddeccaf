#include "engine/cpu/threads.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "system/cgroup_limits.h"

namespace atelier::engine {

void UseThreads(int threads) {
  // LibTorch's own number is OMP_NUM_THREADS, or else one for every processor of the affinity.
  const int all = std::min(at::get_num_threads(), UsableProcessors());
  at::set_num_threads(threads > 0 ? threads : all);
}

}  // namespace atelier::engine
