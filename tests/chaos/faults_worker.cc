// Workers that die, stall, are replaced, or meet a job that kills them.
#include <signal.h>

#include <string>
#include <vector>

#include "chaos/faults.h"
#include "chaos/lab.h"

namespace atelier::chaos {
namespace {

/// `count` jobs and two workers that are in the middle of some of them.
bool GetBusy(Lab& lab, int count, int steps) {
  for (int i = 0; i < count; ++i) lab.Submit(steps);
  const bool busy = lab.Until(Seconds(60), [&] { return lab.Running().size() >= 2; });
  return lab.figures().Expect(busy, "the workers did not begin");
}

void KillSome(const LabOptions& options, int count, int steps, const Setting& setting,
              Figures& figures) {
  Lab lab(options, figures, setting.seed);
  if (!lab.StartServer() || !lab.StartWorker() || !lab.StartWorker()) return;
  for (int run = 0; run < setting.runs; ++run) {
    if (!GetBusy(lab, count, steps)) return;
    lab.Pause(Seconds(0), Seconds(0.8));
    const auto running = lab.Running();
    testing::Process& victim = lab.worker(lab.random().Index(2));
    const auto fault = Steady::now();
    victim.Signal(SIGKILL);
    victim.Wait();
    lab.ReviveWorkers();
    const TakenBack taken = AwaitTakenBack(lab, running, fault);
    figures.counts["jobs that lost their worker"] += taken.jobs;
    if (taken.jobs > 0) figures.Recovered(taken.longest, "a job stayed with a dead worker");
    lab.Settle();
    ++figures.runs;
  }
  figures.Expect(figures.counts["jobs that lost their worker"] > 0, "no job lost its worker");
}

/// A job that a stalled worker still thinks it has is given to another one; what the first says
/// when it wakes up is refused and counted.
void StallOne(Lab& lab, int count, int steps) {
  Figures& figures = lab.figures();
  if (!GetBusy(lab, count, steps)) return;
  lab.Pause(Seconds(0), Seconds(0.8));
  const double refused_before = lab.Metric("atelier_lost_lease_calls_total");
  const double completions_before = lab.Metric("atelier_completions_refused_total");
  const auto running = lab.Running();
  testing::Process& victim = lab.worker(lab.random().Index(2));
  const auto fault = Steady::now();
  victim.Signal(SIGSTOP);
  const TakenBack taken = AwaitTakenBack(lab, running, fault);
  if (taken.jobs > 0) figures.Recovered(taken.longest, "a job stayed with a stalled worker");
  figures.counts["jobs that lost their worker"] += taken.jobs;
  // The others' work goes on while it sleeps.
  const auto over = [&] { return lab.Metric("atelier_queue_depth") == 0 && lab.Running().empty(); };
  figures.Expect(lab.Until(Seconds(60), over), "a job waits for a stalled worker");
  victim.Signal(SIGCONT);
  const auto refused = [&] {
    return lab.Metric("atelier_lost_lease_calls_total") > refused_before;
  };
  if (taken.jobs > 0) {
    figures.Expect(lab.Until(Seconds(20), refused), "a stalled worker's late call was not refused");
  }
  lab.Settle();
  figures.counts["late calls refused"] +=
      static_cast<int64_t>(lab.Metric("atelier_lost_lease_calls_total") - refused_before);
  figures.counts["late results among them"] +=
      static_cast<int64_t>(lab.Metric("atelier_completions_refused_total") - completions_before);
  const auto jobs = lab.peer().All();
  for (const v1::Job& job : jobs.value_or(std::vector<v1::Job>())) {
    const bool given_again = running.contains(job.name()) && job.attempt() > 2;
    figures.counts["jobs given to a stalled worker again"] += given_again ? 1 : 0;
  }
  ++figures.runs;
}

void StallSome(const LabOptions& options, const WorkerOptions& worker, int count, int steps,
               const Setting& setting, Figures& figures) {
  Lab lab(options, figures, setting.seed);
  if (!lab.StartServer() || !lab.StartWorker(worker) || !lab.StartWorker(worker)) return;
  for (int run = 0; run < setting.runs; ++run) StallOne(lab, count, steps);
  figures.Expect(figures.counts["jobs that lost their worker"] > 0, "no job lost its worker");
}

/// Ends as asked, within what an orchestrator would wait.
void EndGently(Lab& lab, testing::Process& process, const std::string& name) {
  process.Signal(SIGTERM);
  const auto code = process.Wait();
  lab.figures().Expect(code == 0, name + " did not end with 0 when it was asked to");
}

/// A rollout: every process is asked to end, one after the other, and another one takes its place,
/// while jobs come and run, as Kubernetes does with pods.
void RollAll(Lab& lab) {
  Figures& figures = lab.figures();
  for (int i = 0; i < 12; ++i) lab.Submit(25);
  for (size_t i = 0; i < lab.worker_count(); ++i) {
    const auto busy = [&] { return lab.Running().size() >= 2; };
    figures.Expect(lab.Until(Seconds(60), busy), "the workers did not begin");
    lab.Pause(Seconds(0), Seconds(0.4));
    EndGently(lab, lab.worker(i), "a worker");
    lab.ReviveWorkers();
    lab.Submit(25);
    ++figures.counts["workers replaced"];
  }
  EndGently(lab, lab.server(), "the server");
  // Its drain waits for what runs; from then on nobody answers.
  const auto ended = Steady::now();
  if (!lab.StartServer()) return;
  lab.Submit(1);
  figures.Recovered(Steady::now() - ended, "no submit was acknowledged");
  lab.Settle();
}

constexpr LabOptions kReal{.lease = std::chrono::milliseconds(4000), .real_workers = true};

}  // namespace

void KillWorkers(const Setting& setting, Figures& figures) {
  KillSome({}, 8, 25, setting, figures);
}

void KillRealWorkers(const Setting& setting, Figures& figures) {
  KillSome(kReal, 4, 60, setting, figures);
}

void RollOut(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!lab.StartServer() || !lab.StartWorker() || !lab.StartWorker()) return;
  for (int run = 0; run < setting.runs; ++run) {
    RollAll(lab);
    ++figures.runs;
  }
  // Nobody died: what was handed back counts as no attempt.
  const auto jobs = lab.peer().All();
  figures.Expect(jobs.has_value(), "the jobs cannot be listed");
  for (const v1::Job& job : jobs.value_or(std::vector<v1::Job>())) {
    figures.Expect(job.attempt() == 1, job.name() + " lost an attempt to a rollout");
  }
}

void StallWorkers(const Setting& setting, Figures& figures) {
  // One long step at a time: the first thing to say after the stall may be the result.
  StallSome({}, {.step_milliseconds = 300}, 6, 2, setting, figures);
}

void StallRealWorkers(const Setting& setting, Figures& figures) {
  StallSome(kReal, {}, 4, 60, setting, figures);
}

void PoisonWorkers(const Setting& setting, Figures& figures) {
  for (int run = 0; run < setting.runs; ++run) {
    Lab lab({}, figures, setting.seed + run);
    // One at a time: whatever runs when it dies, it took along.
    if (!lab.StartServer() || !lab.StartWorker({.max_jobs = 4, .poisonous = true})) return;
    const int poisonous = lab.random().Index(8);
    std::vector<std::string> innocent;
    for (int i = 0; i < 9; ++i) {
      v1::JobSpec spec = lab.Spec(10);
      if (i != poisonous) {
        innocent.push_back(lab.Submit(spec, lab.NextRequest()));
        continue;
      }
      spec.mutable_synthesis()->set_seed(kPoisonSeed);
      lab.ExpectFailure(lab.Submit(spec, lab.NextRequest()), "WORKER_LOST");
    }
    for (int death = 0; death < lab.options().max_attempts; ++death) {
      const auto dead = [&] {
        return lab.worker(0).Wait(std::chrono::milliseconds(0)).has_value();
      };
      if (!figures.Expect(lab.Until(Seconds(30), dead), "the poison killed nobody")) return;
      const auto fault = Steady::now();
      const auto running = lab.Running();
      lab.ReviveWorkers();
      const TakenBack taken = AwaitTakenBack(lab, running, fault);
      figures.Recovered(taken.longest, "a job stayed with a poisoned worker");
      ++figures.counts["workers killed"];
    }
    lab.Settle();
    for (const std::string& name : innocent) {
      const auto job = lab.peer().Get(name);
      figures.Expect(job && job->attempt() <= 2, name + " was lost to the poison twice");
    }
    figures.Expect(lab.Metric("atelier_jobs_quarantined_total") == 1, "not quarantined");
    figures.Expect(!lab.worker(0).Wait(std::chrono::milliseconds(0)), "the poison killed again");
    ++figures.runs;
  }
}

}  // namespace atelier::chaos
