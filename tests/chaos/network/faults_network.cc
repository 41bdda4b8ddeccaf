// A worker on another machine whose network falls silent.
#include <signal.h>

#include <string>
#include <utility>

#include "chaos/faults.h"
#include "chaos/lab.h"
#include "chaos/network/far_network.h"
#include "client/supervisor/studio_plan.h"

namespace atelier::chaos {
namespace {

/// Pings after 20 s, 10 s for their answer, and 30 s until a worker without jobs is not ready.
constexpr Seconds kNoticed{90};
/// A new connection, whose first tries came into the silence.
constexpr Seconds kBack{60};
/// Longer than the pings take to close a dead connection.
constexpr Seconds kLeastSilence{35};

Seconds Since(Steady::time_point time) { return Steady::now() - time; }

std::chrono::milliseconds Milliseconds(Seconds time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time);
}

/// One silence. The first worker is on this machine, the second behind `network`.
void FallSilent(Lab& lab, FarNetwork& network) {
  Figures& figures = lab.figures();
  testing::Process& far = lab.worker(1);
  for (int i = 0; i < 8; ++i) lab.Submit(50);
  const auto both_work = [&] { return lab.Running().size() >= 4; };
  if (!figures.Expect(lab.Until(Seconds(60), both_work), "the workers did not begin")) return;
  lab.Pause(Seconds(0), Seconds(0.5));
  const auto running = lab.Running();
  const auto fault = Steady::now();
  if (!figures.Expect(network.Cut(), "the network was not cut")) return;
  const TakenBack taken = AwaitTakenBack(lab, running, fault);
  if (taken.jobs > 0) figures.Recovered(taken.longest, "a job stayed behind the dead connection");
  figures.counts["jobs that lost their worker"] += taken.jobs;
  // The others' work goes on.
  const auto over = [&] { return lab.Metric("atelier_queue_depth") == 0 && lab.Running().empty(); };
  figures.Expect(lab.Until(Seconds(60), over), "a job waits for a worker that is cut off");
  const bool noticed = !far.WaitForLine("NOT_SERVING", Milliseconds(kNoticed)).empty();
  figures.Expect(noticed, "the worker that is cut off is still ready");
  figures.counts["seconds until it was not ready"] += static_cast<int64_t>(Since(fault).count());
  lab.Until(kLeastSilence, [&] { return Since(fault) > kLeastSilence; });

  if (!figures.Expect(network.Heal(), "the network was not healed")) return;
  const auto healed = Steady::now();
  const bool back = !far.WaitForLine("SERVING", Milliseconds(kBack)).empty();
  figures.Expect(back, "the worker did not come back");
  figures.counts["seconds until it was back"] += static_cast<int64_t>(Since(healed).count());
  // Without the other one: it works again, and does not only say so.
  lab.worker(0).Signal(SIGTERM);
  lab.worker(0).Wait();
  for (int i = 0; i < 4; ++i) lab.Submit(5);
  figures.Expect(lab.Until(Seconds(30), over), "the worker that came back takes no jobs");
}

}  // namespace

void CutNetwork(const Setting& setting, Figures& figures) {
  for (int run = 0; run < setting.runs; ++run) {
    const auto network = FarNetwork::Create();
    if (!network) {
      figures.Skip(network.error().message);
      return;
    }
    const auto port = supervisor::FreePorts(1);
    if (!figures.Expect(port.has_value(), "no free port")) return;
    const std::string dispatch = (*network)->near_address() + ":" + std::to_string((*port)[0]);
    Lab lab({.dispatch = dispatch}, figures, setting.seed + run);
    if (!lab.StartServer() || !lab.StartWorker()) return;
    if (!lab.StartWorker({.inside = (*network)->Inside()})) return;
    FallSilent(lab, **network);
    lab.Settle();
    ++figures.runs;
  }
  figures.Expect(figures.counts["jobs that lost their worker"] > 0, "no job lost its worker");
}

}  // namespace atelier::chaos
