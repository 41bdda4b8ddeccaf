// Threads of LibTorch's kernels on the CPU. No LibTorch in this header.
#pragma once

namespace atelier::engine {

/// So many threads from now on, for the networks of every model of this process; 0: one for every
/// processor that it may use (system/cgroup_limits.h), but no more than OMP_NUM_THREADS says. Call
/// it before networks run.
void UseThreads(int threads);

}  // namespace atelier::engine
