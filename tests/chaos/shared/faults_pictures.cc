// S3 is away, asks for patience or cuts what it answers, while clients submit and workers work.
#include <algorithm>
#include <string>

#include "chaos/faults.h"
#include "chaos/lab.h"
#include "chaos/shared/load.h"
#include "digest/sha256.h"

namespace atelier::chaos {
namespace {

// Tries of requests to S3 come after pauses of up to three seconds.
constexpr LabOptions kOptions{.lease = std::chrono::milliseconds(4000)};

bool Begin(Lab& lab) {
  return lab.StartServer() && lab.StartWorker({.max_jobs = 16, .step_milliseconds = 5}) &&
         lab.StartWorker({.max_jobs = 16, .step_milliseconds = 5});
}

/// A picture that is read is the right one or an error. Returns whether it was read.
bool Read(Lab& lab, const std::string& asset) {
  const Result<std::string> bytes = lab.peer().Download(asset);
  if (!bytes) return false;
  lab.figures().Expect("assets/" + Sha256Hex(*bytes) == asset, asset + " was read as another");
  return true;
}

}  // namespace

void KillS3(const Setting& setting, Figures& figures) {
  Lab lab(kOptions, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    Load load(lab, {.clients = 4});
    lab.Pause(Seconds(0.5), Seconds(1.5));
    lab.pictures()->Kill();
    lab.Pause(Seconds(1), Seconds(3));
    const Status started = lab.pictures()->Start();
    if (!figures.Expect(started.has_value(), "S3 does not start again")) return;
    const auto back = Steady::now();
    figures.Recovered(load.AwaitAll(back), "submits are refused with S3 back");
    load.Finish();
    lab.Settle(Seconds(120));
    ++figures.runs;
  }
}

void MakeS3Busy(const Setting& setting, Figures& figures) {
  Lab lab(kOptions, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    const int64_t met = lab.pictures()->proxy().faults_met();
    Load load(lab, {.clients = 4});
    lab.Pause(Seconds(0.5), Seconds(1.5));
    lab.pictures()->proxy().Make(ProxyFault::kBusy);
    lab.Pause(Seconds(2), Seconds(4));
    lab.pictures()->proxy().Heal();
    const auto back = Steady::now();
    figures.Recovered(load.AwaitAll(back), "submits are refused with S3 back");
    figures.counts["requests that S3 refused"] += lab.pictures()->proxy().faults_met() - met;
    load.Finish();
    lab.Settle(Seconds(120));
    ++figures.runs;
  }
  figures.Expect(figures.counts["requests that S3 refused"] > 0, "nothing met the busy S3");
}

void CutS3Bodies(const Setting& setting, Figures& figures) {
  Lab lab(kOptions, figures, setting.seed);
  if (!Begin(lab)) return;
  for (int run = 0; run < setting.runs; ++run) {
    const int64_t met = lab.pictures()->proxy().faults_met();
    const auto uploaded =
        lab.peer().Upload(*lab.Spec(1).mutable_synthesis()->mutable_source()->mutable_data());
    if (!figures.Expect(uploaded.has_value(), "no picture was uploaded")) return;
    Load load(lab, {.clients = 4});
    lab.pictures()->proxy().Make(ProxyFault::kHalfBody);
    for (int i = 0; i < 2; ++i)
      figures.counts["pictures read all the same"] += Read(lab, *uploaded);
    lab.pictures()->proxy().Heal();
    const auto back = Steady::now();
    figures.Expect(lab.Until(Seconds(60), [&] { return Read(lab, *uploaded); }),
                   "a picture is not read with S3 back");
    figures.Recovered(Steady::now() - back, "a picture was read late");
    figures.counts["answers that were cut"] += lab.pictures()->proxy().faults_met() - met;
    load.AwaitAll(back);
    load.Finish();
    lab.Settle(Seconds(120));
    ++figures.runs;
  }
  figures.Expect(figures.counts["answers that were cut"] > 0, "no answer was cut");
}

}  // namespace atelier::chaos
