// PostgreSQL dies, has no room, loses connections at the worst moment, is slow or silent, while
// clients submit and workers work.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "chaos/faults.h"
#include "chaos/lab.h"
#include "chaos/shared/load.h"

namespace atelier::chaos {
namespace {

bool Begin(Lab& lab) {
  return lab.StartServer() && lab.StartWorker({.max_jobs = 16, .step_milliseconds = 5}) &&
         lab.StartWorker({.max_jobs = 16, .step_milliseconds = 5});
}

/// Starts it again; what was between the fault and this is no recovery.
bool Revive(Lab& lab) {
  const Status started = lab.database()->process().Start();
  return lab.figures().Expect(started.has_value(), "PostgreSQL does not start again");
}

void ExpectOneEach(Lab& lab) {
  lab.Settle(Seconds(120));
  lab.CheckDatabase();
  ++lab.figures().runs;
}

}  // namespace

void KillDatabase(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    Load load(lab, {});
    lab.Pause(Seconds(0.5), Seconds(1.5));
    const bool at_once = (setting.seed + run) % 2 == 0;
    if (at_once) lab.database()->process().StopAtOnce();
    if (!at_once) lab.database()->process().Kill();
    ++figures.counts[at_once ? "times stopped at once" : "times killed with -9"];
    lab.Pause(Seconds(0.1), Seconds(1.5));
    if (!Revive(lab)) return;
    const auto back = Steady::now();
    figures.Recovered(load.AwaitAll(back), "submits are refused with PostgreSQL back");
    lab.Pause(Seconds(0.2), Seconds(0.5));
    load.Finish();
    ExpectOneEach(lab);
  }
}

void FillDatabaseDisk(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    // A table that cannot grow fails statements; a log that cannot ends the whole server.
    const std::string pattern = (setting.seed + run) % 2 == 0 ? "/pg_wal/" : "/base/";
    Load load(lab, {});
    lab.Pause(Seconds(0.3), Seconds(0.8));
    lab.database()->panel().FillDisk(pattern, lab.random().Index(20'000));
    const auto met = [&] { return lab.database()->panel().refused_calls() > 0; };
    figures.Expect(lab.Until(Seconds(30), met), "nothing met the full disk: " + pattern);
    lab.Pause(Seconds(1), Seconds(2));
    lab.database()->panel().FreeDisk();
    if (!lab.database()->process().runs()) {
      ++figures.counts["times PostgreSQL ended itself"];
      if (!Revive(lab)) return;
    }
    const auto back = Steady::now();
    figures.Recovered(load.AwaitAll(back), "submits are refused with room again");
    load.Finish();
    ExpectOneEach(lab);
  }
}

void CutAfterCommits(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    const int64_t met = lab.database()->proxy().faults_met();
    Load load(lab, {});
    for (int cut = 0; cut < 20; ++cut) {
      lab.Pause(Seconds(0.02), Seconds(0.15));
      lab.database()->proxy().CutAfterCommits(1 + lab.random().Index(3));
    }
    const auto last = Steady::now();
    figures.Recovered(load.AwaitAll(last), "submits are refused after a cut");
    lab.database()->proxy().Heal();
    figures.counts["answers of COMMITs that were cut off"] +=
        lab.database()->proxy().faults_met() - met;
    load.Finish();
    ExpectOneEach(lab);
  }
  figures.Expect(figures.counts["answers of COMMITs that were cut off"] > 10 * setting.runs,
                 "few COMMITs were cut");
}

void SlowDatabase(const Setting& setting, Figures& figures) {
  // A submit with two pictures in S3 takes some ten turns to the database, one after the other.
  constexpr Seconds kLongestSubmit(5);
  Lab lab({.lease = std::chrono::milliseconds(10'000)}, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    lab.database()->proxy().SetDelay(std::chrono::milliseconds(200));
    Load load(lab, {.clients = 4});
    const auto begin = Steady::now();
    figures.Recovered(load.AwaitAll(begin), "a submit takes too long");
    const auto works = [&] { return !lab.Running().empty(); };
    figures.Expect(lab.Until(Seconds(60), works), "no job begins");
    // As long as a lease, so that heartbeats must arrive in time.
    lab.Pause(Seconds(10), Seconds(12));
    load.Finish();
    lab.database()->proxy().Heal();
    lab.Settle(Seconds(120));
    figures.counts["milliseconds of the longest submit"] =
        std::max(figures.counts["milliseconds of the longest submit"],
                 static_cast<int64_t>(load.longest().count() * 1000));
    figures.Expect(load.longest() <= kLongestSubmit, "a submit took more than 5 s");
    ++figures.runs;
  }
  const auto lost = static_cast<int64_t>(lab.Metric("atelier_leases_expired_total"));
  figures.counts["leases lost to slowness"] += std::max<int64_t>(0, lost);
  figures.Expect(lost <= 0, "a living worker lost its lease to a slow database");
}

void SilenceDatabase(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    Load load(lab, {});
    lab.Pause(Seconds(0.3), Seconds(0.8));
    lab.database()->proxy().Make(ProxyFault::kSilent);
    // Longer than a lease.
    lab.Pause(Seconds(2.5), Seconds(4));
    lab.database()->proxy().Heal();
    const auto back = Steady::now();
    figures.Recovered(load.AwaitAll(back), "submits are refused after a silence");
    load.Finish();
    ExpectOneEach(lab);
  }
}

}  // namespace atelier::chaos
