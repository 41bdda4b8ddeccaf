#include "imaging/threads.h"

#include <opencv2/core/utility.hpp>

#include "system/cgroup_limits.h"

namespace atelier::imaging {

void UseThreads(int threads) { cv::setNumThreads(threads > 0 ? threads : UsableProcessors()); }

}  // namespace atelier::imaging
