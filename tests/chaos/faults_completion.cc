// Results that come twice, at once or late: a scripted worker says what no real one should.
#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <thread>

#include "chaos/faults.h"
#include "chaos/lab.h"
#include "digest/sha256.h"
#include "unit/server/test_pictures.h"

namespace atelier::chaos {
namespace {

constexpr char kWorker[] = "scripted";

/// A result that no other call of the run sends.
std::string Png(const v1::LeasedJob& job, int number) {
  return server::PngBytes(64, 64, fmt::format("{} {} {}", job.job(), job.attempt(), number));
}

// A call that waited while its worker lost a lease comes back with nothing: ask again.
std::optional<v1::LeasedJob> LeaseOne(Lab& lab) {
  std::optional<v1::LeasedJob> leased;
  lab.Until(Seconds(20), [&] {
    const auto jobs = lab.peer().Lease(kWorker, 1);
    if (jobs && jobs->size() == 1) leased = jobs->front();
    return leased.has_value();
  });
  lab.figures().Expect(leased.has_value(), "no lease for the scripted worker");
  return leased;
}

void ExpectRefused(Lab& lab, const v1::LeasedJob& job, int number, const std::string& what) {
  const Status status = lab.peer().Complete(job.job(), job.lease(), Png(job, number));
  lab.figures().Expect(!status && status.error().reason == "LEASE_LOST", what + " was not refused");
  ++lab.figures().counts["results refused"];
}

void ExpectResult(Lab& lab, const std::string& name, const std::string& png) {
  const auto job = lab.peer().Get(name);
  const bool recorded =
      job && job->images_size() == 1 && job->images(0).asset() == "assets/" + Sha256Hex(png);
  lab.figures().Expect(recorded, name + " does not have the result that was accepted");
}

void OneAfterTheOther(Lab& lab) {
  lab.Submit(1);
  const auto job = LeaseOne(lab);
  if (!job) return;
  const Status first = lab.peer().Complete(job->job(), job->lease(), Png(*job, 1));
  lab.figures().Expect(first.has_value(), "a result was not accepted");
  ExpectRefused(lab, *job, 1, "the same result again");
  ExpectRefused(lab, *job, 2, "another result under the same token");
  ExpectResult(lab, job->job(), Png(*job, 1));
}

void AllAtOnce(Lab& lab) {
  lab.Submit(1);
  const auto job = LeaseOne(lab);
  if (!job) return;
  constexpr int kCalls = 8;
  std::atomic<int> accepted = 0;
  std::atomic<int> winner = -1;
  std::vector<std::thread> calls;
  for (int i = 0; i < kCalls; ++i) {
    calls.emplace_back([&, i] {
      if (!lab.peer().Complete(job->job(), job->lease(), Png(*job, i))) return;
      ++accepted;
      winner = i;
    });
  }
  for (std::thread& call : calls) call.join();
  lab.figures().counts["results refused"] += kCalls - accepted;
  lab.figures().Expect(accepted == 1,
                       fmt::format("{} of 8 results were accepted", accepted.load()));
  ExpectResult(lab, job->job(), Png(*job, winner));
}

void UnderAnOldToken(Lab& lab) {
  Figures& figures = lab.figures();
  lab.Submit(1);
  const auto old = LeaseOne(lab);
  if (!old) return;
  const auto silent = Steady::now();
  const auto fresh = LeaseOne(lab);
  if (!fresh) return;
  figures.Recovered(Steady::now() - silent, "a silent worker's job was leased late");
  figures.Expect(fresh->job() == old->job() && fresh->attempt() == old->attempt() + 1,
                 "another job came than the one that was lost");
  ExpectRefused(lab, *old, 1, "a result under an old token");
  const Status beat = lab.peer().Heartbeat(old->job(), old->lease());
  figures.Expect(!beat, "a heartbeat under an old token was not refused");
  // The old and the new one at once.
  std::thread late([&] { ExpectRefused(lab, *old, 2, "an old result beside the new one"); });
  const Status done = lab.peer().Complete(fresh->job(), fresh->lease(), Png(*fresh, 3));
  late.join();
  figures.Expect(done.has_value(), "the right result was not accepted");
  ExpectRefused(lab, *old, 4, "a result under an old token after the end");
  ExpectResult(lab, fresh->job(), Png(*fresh, 3));
}

}  // namespace

void CompleteTwice(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!lab.StartServer()) return;
  const Status registered = lab.peer().Register(kWorker, kModel);
  if (!figures.Expect(registered.has_value(), "the scripted worker is not registered")) return;
  for (int run = 0; run < setting.runs; ++run) {
    OneAfterTheOther(lab);
    AllAtOnce(lab);
    UnderAnOldToken(lab);
    const double counted = lab.Metric("atelier_completions_refused_total");
    figures.Expect(counted >= static_cast<double>(figures.counts["results refused"]),
                   "not every refused result was counted");
    lab.Settle();
    ++figures.runs;
  }
}

}  // namespace atelier::chaos
