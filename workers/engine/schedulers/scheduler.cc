#include "engine/schedulers/scheduler.h"

#include "engine/schedulers/ddim.h"
#include "engine/schedulers/ddpm.h"
#include "engine/schedulers/multistep.h"

namespace atelier::engine {

const std::vector<std::string>& SchedulerNames() {
  static const std::vector<std::string> names = {"ddim", "dpmpp_2m", "unipc", "ddpm"};
  return names;
}

Result<std::unique_ptr<Scheduler>> MakeScheduler(const std::string& name,
                                                 const SchedulerConfig& config) {
  if (name == "ddim") return std::make_unique<DdimScheduler>(config);
  if (name == "dpmpp_2m")
    return std::make_unique<MultistepScheduler>(config, MultistepScheduler::Corrector::kNone);
  if (name == "unipc")
    return std::make_unique<MultistepScheduler>(config, MultistepScheduler::Corrector::kUniC);
  if (name == "ddpm") return std::make_unique<DdpmScheduler>(config);
  return InvalidField("scheduler", "one of ddim, dpmpp_2m, unipc, ddpm", name);
}

}  // namespace atelier::engine
