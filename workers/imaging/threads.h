// Threads of OpenCV, which decodes and resizes pictures and runs the networks for photographs.
#pragma once

namespace atelier::imaging {

/// So many threads from now on; 0: one for every processor that this process may use
/// (system/cgroup_limits.h).
void UseThreads(int threads);

}  // namespace atelier::imaging
