// The wall clock jumps by an hour, forth and back, in the server and its workers.
#include <signal.h>

#include <ctime>

#include "chaos/faults.h"
#include "chaos/lab.h"

namespace atelier::chaos {
namespace {

constexpr std::chrono::seconds kHour(3600);

/// How far a new job's create_time is from this process' clock.
Seconds ServerClockAhead(Lab& lab) {
  const auto job = lab.peer().Get(lab.Submit(1));
  if (!job) return Seconds(0);
  return Seconds(static_cast<double>(job->create_time().seconds() - std::time(nullptr)));
}

/// Jobs that live through jumps keep their attempts: no lease runs out early.
void JumpWhileWorking(Lab& lab) {
  Figures& figures = lab.figures();
  const double expired = lab.Metric("atelier_leases_expired_total");
  for (int i = 0; i < 4; ++i) {
    v1::JobSpec spec = lab.Spec(50);
    spec.mutable_queue_ttl()->set_seconds(600);
    lab.Submit(spec, lab.NextRequest());
  }
  for (const std::chrono::seconds offset : {kHour, -kHour, std::chrono::seconds(0)}) {
    lab.Pause(Seconds(0.1), Seconds(0.6));
    lab.panel().SetWallOffset(offset);
    ++figures.counts["jumps"];
    const double ahead = ServerClockAhead(lab).count();
    const bool jumped = std::abs(ahead - Seconds(offset).count()) < 60;
    figures.Expect(jumped, "the server's clock did not jump");
  }
  lab.Settle();
  figures.Expect(
      std::max(0.0, lab.Metric("atelier_leases_expired_total")) == std::max(0.0, expired),
      "a jump ended a living worker's lease");
}

/// A worker dies just as the clock jumps: its lease lives as long as ever.
void JumpAndKill(Lab& lab) {
  Figures& figures = lab.figures();
  for (int i = 0; i < 6; ++i) lab.Submit(50);
  figures.Expect(lab.Until(Seconds(30), [&] { return lab.Running().size() >= 2; }), "no work");
  lab.Pause(Seconds(0.1), Seconds(0.5));
  const auto running = lab.Running();
  testing::Process& victim = lab.worker(0);
  const auto fault = Steady::now();
  victim.Signal(SIGKILL);
  lab.panel().SetWallOffset(lab.random().Chance(0.5) ? kHour : -kHour);
  victim.Wait();
  ++figures.counts["jumps"];
  const TakenBack taken = AwaitTakenBack(lab, running, fault);
  lab.ReviveWorkers();
  if (figures.Expect(taken.jobs > 0, "no job lost its worker")) {
    figures.Recovered(taken.longest, "the jump kept a dead worker's lease alive");
    // A job that is painted is reported with each step, one that waits for its turn three times a
    // lease: so long before the worker died may the last report have been. One that came less than
    // an eighth of a lease after the last that was written is not written to a shared database.
    const double least = lab.database() ? 2.0 / 3 - 1.0 / 8 : 2.0 / 3;
    const bool early = taken.shortest < Seconds(lab.options().lease) * least - Seconds(0.1);
    figures.Expect(!early, "the jump ended a dead worker's lease early");
  }
  lab.Settle();
  lab.panel().SetWallOffset(std::chrono::seconds(0));
}

}  // namespace

void JumpClock(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  // One worker's jobs are all that can lose a lease.
  if (!lab.StartServer() || !lab.StartWorker({.max_jobs = 4})) return;
  for (int run = 0; run < setting.runs; ++run) {
    JumpWhileWorking(lab);
    JumpAndKill(lab);
    ++figures.runs;
  }
}

}  // namespace atelier::chaos
