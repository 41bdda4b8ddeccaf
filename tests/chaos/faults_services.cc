// The pose and region services away for minutes, as while they are replaced.
#include <signal.h>

#include <chrono>

#include "chaos/faults.h"
#include "chaos/lab.h"

namespace atelier::chaos {
namespace {

/// In every sixth round longer than all attempts of a job would take.
Seconds TimeAway(uint64_t seed) { return seed % 6 == 2 ? Seconds(200) : Seconds(20); }

}  // namespace

void TakeServicesAway(const Setting& setting, Figures& figures) {
  // One attempt: a job that loses it to a service that is away is lost.
  Lab lab({.lease = std::chrono::milliseconds(8000), .max_attempts = 1, .real_workers = true},
          figures, setting.seed);
  if (!lab.StartServer() || !lab.StartWorker()) return;
  lab.Submit(1);
  for (int run = 0; run < setting.runs; ++run) {
    for (int i = 0; i < 3; ++i) lab.Submit(20);
    lab.Until(Seconds(30), [&] { return !lab.Running().empty(); });
    lab.Pause(Seconds(0), Seconds(0.8));
    testing::Process& away = lab.random().Index(2) == 0 ? lab.pose() : lab.region();
    away.Signal(SIGSTOP);
    for (int i = 0; i < 3; ++i) lab.Submit(5);
    lab.Pause(TimeAway(setting.seed + run), TimeAway(setting.seed + run));
    const int64_t waiting = static_cast<int64_t>(lab.Metric("atelier_queue_depth"));
    figures.counts["jobs that waited for a service"] += waiting;
    away.Signal(SIGCONT);
    const auto back = Steady::now();
    const auto goes_on = [&] {
      return lab.Metric("atelier_queue_depth") < waiting || lab.Metric("atelier_queue_depth") == 0;
    };
    figures.Expect(lab.Until(Seconds(60), goes_on), "the jobs do not go on");
    figures.Recovered(Steady::now() - back, "the jobs went on late");
    lab.Settle();
    ++figures.runs;
  }
  figures.Expect(figures.counts["jobs that waited for a service"] > 0, "no job had to wait");
}

}  // namespace atelier::chaos
