// The server dies: between a commit and its answer, and under its watchers.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "chaos/faults.h"
#include "chaos/lab.h"

namespace atelier::chaos {
namespace {

constexpr int kClients = 8;

/// One client's submits around one kill, in its own thread.
struct Submits {
  std::map<std::string, v1::JobSpec> sent;
  /// request id -> job, of those whose answer came.
  std::map<std::string, std::string> answered;
};

void SubmitUntil(const std::atomic<bool>& dead, Peer& peer, const std::string& prefix,
                 const v1::JobSpec& spec, Submits& submits, std::atomic<int>& acknowledged) {
  for (int i = 0; !dead; ++i) {
    const std::string request = fmt::format("{}-{}", prefix, i);
    submits.sent[request] = spec;
    const Result<v1::Job> job = peer.Submit(spec, request);
    // The first that is not answered is the one the kill met.
    if (!job) return;
    submits.answered[request] = job->name();
    ++acknowledged;
  }
}

/// Kills the server while all clients submit as fast as they can.
std::vector<Submits> SubmitsAroundKill(Lab& lab, int run) {
  std::vector<Submits> all(kClients);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < kClients; ++i) peers.push_back(lab.MakePeer());
  const v1::JobSpec spec = lab.Spec(1);
  std::atomic<bool> dead = false;
  std::atomic<int> acknowledged = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      SubmitUntil(dead, *peers[i], fmt::format("kill-{}-{}", run, i), spec, all[i], acknowledged);
    });
  }
  // In the middle of them, wherever jobs and pictures are kept.
  const bool some = lab.Until(Seconds(30), [&] { return acknowledged >= kClients; });
  lab.figures().Expect(some, "no submit was acknowledged before the kill");
  lab.Pause(Seconds(0.01), Seconds(0.08));
  lab.KillServer();
  dead = true;
  for (std::thread& client : clients) client.join();
  return all;
}

/// Every request again, answered or not: each must be one job, the one it was.
void RetryAll(Lab& lab, const std::vector<Submits>& all) {
  Figures& figures = lab.figures();
  std::map<std::string, std::string> stored;
  const auto jobs = lab.peer().All();
  if (!figures.Expect(jobs.has_value(), "the restarted server does not list its jobs")) return;
  for (const v1::Job& job : *jobs) stored[job.request_id()] = job.name();
  for (const Submits& submits : all) {
    for (const auto& [request, spec] : submits.sent) {
      const auto answered = submits.answered.find(request);
      const bool told = answered != submits.answered.end();
      const auto found = stored.find(request);
      if (told) lab.Book(request, answered->second);
      if (told) figures.Expect(found != stored.end(), request + " was acknowledged and is gone");
      if (!told && found != stored.end()) {
        ++figures.counts["submits stored but not answered when the kill came"];
        lab.Book(request, found->second);
      }
      if (!told && found == stored.end()) ++figures.counts["submits neither stored nor answered"];
      lab.Submit(spec, request);
    }
  }
}

/// Follows one job through lost streams, with the cursor of the last event it saw.
struct Watcher {
  std::string job;
  std::atomic<int64_t> last_event = 0;
  std::atomic<int64_t> events = 0;
  std::atomic<int> step = 0;
  std::atomic<v1::JobState> state = v1::JOB_STATE_UNSPECIFIED;
  int attempt = 0;
  std::vector<std::string> broken;

  void Follow(Peer& peer) {
    const auto deadline = Steady::now() + std::chrono::seconds(60);
    while (state < v1::JOB_STATE_SUCCEEDED && Steady::now() < deadline) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
      context.set_wait_for_ready(true);  // The server may be dead just now.
      v1::WatchJobRequest request;
      request.set_name(job);
      request.set_after_event_id(last_event);
      const auto stream = peer.jobs().WatchJob(&context, request);
      for (v1::WatchJobResponse event; stream->Read(&event);) See(event);
      (void)stream->Finish();
    }
    if (state < v1::JOB_STATE_SUCCEEDED) broken.push_back(job + ": no end was told");
  }

  void See(const v1::WatchJobResponse& event) {
    const int64_t id = event.event_id();
    const bool again = id == last_event && event.job().state() == v1::JOB_STATE_RUNNING;
    if (id < last_event || again) {
      broken.push_back(fmt::format("{}: event {} after {}", job, id, last_event.load()));
    }
    last_event = id;
    ++events;
    step = event.job().progress().step();
    state = event.job().state();
    attempt = event.job().attempt();
  }
};

void WatchThroughKill(Lab& lab, Figures& figures) {
  constexpr int kWatchers = 4;
  std::vector<Watcher> watchers(kWatchers);
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<std::thread> threads;
  for (Watcher& watcher : watchers) watcher.job = lab.Submit(100);
  for (Watcher& watcher : watchers) {
    peers.push_back(lab.MakePeer());
    threads.emplace_back([&watcher, peer = peers.back().get()] { watcher.Follow(*peer); });
  }
  const auto some_run = [&] {
    return std::any_of(watchers.begin(), watchers.end(), [](const Watcher& watcher) {
      return watcher.state == v1::JOB_STATE_RUNNING && watcher.events > 4;
    });
  };
  figures.Expect(lab.Until(Seconds(30), some_run), "nothing to watch");
  lab.Pause(Seconds(0), Seconds(0.7));
  const auto fault = Steady::now();
  lab.KillServer();
  std::map<Watcher*, int64_t> before;
  std::set<Watcher*> painting;
  for (Watcher& watcher : watchers) {
    // Without a step it may have been leased by a call whose answer died with the server.
    if (watcher.state == v1::JOB_STATE_RUNNING && watcher.step > 0) painting.insert(&watcher);
    if (watcher.state == v1::JOB_STATE_RUNNING) before[&watcher] = watcher.events;
  }
  lab.StartServer();
  const Seconds down = Steady::now() - fault;
  const bool resumed = lab.Until(Seconds(30), [&] {
    return std::all_of(before.begin(), before.end(),
                       [](const auto& seen) { return seen.first->events > seen.second; });
  });
  figures.Expect(resumed, "a watch was not resumed");
  figures.Recovered(Steady::now() - fault, "a watcher saw nothing");
  figures.counts["watches that met a running job"] += static_cast<int64_t>(before.size());
  for (std::thread& thread : threads) thread.join();
  for (Watcher& watcher : watchers) {
    for (const std::string& what : watcher.broken) figures.Expect(false, what);
    // Its worker lived, and the server came back before the lease was over.
    const bool kept = watcher.attempt == 1 || down > lab.options().lease / 2;
    const bool must = painting.contains(&watcher);
    figures.Expect(kept || !must, watcher.job + " lost its attempt to the server's death");
    figures.counts["leases whose grant died with the server"] += kept ? 0 : 1;
    figures.counts["events seen"] += watcher.events;
  }
}

}  // namespace

void KillServerInSubmits(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!lab.StartServer()) return;
  // So that the server knows the model; the queue is worked off at the end.
  if (!lab.StartWorker({.max_jobs = 64, .step_milliseconds = 1})) return;
  for (int run = 0; run < setting.runs; ++run) {
    const std::vector<Submits> all = SubmitsAroundKill(lab, run);
    const auto fault = Steady::now();
    if (!lab.StartServer()) return;
    lab.Submit(lab.Spec(1), fmt::format("back-{}", run));
    figures.Recovered(Steady::now() - fault, "no submit was acknowledged");
    RetryAll(lab, all);
    ++figures.runs;
  }
  lab.Settle(Seconds(120));
  lab.CheckDatabase();
}

void KillServerInWatches(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!lab.StartServer() || !lab.StartWorker({.max_jobs = 4})) return;
  for (int run = 0; run < setting.runs; ++run) {
    WatchThroughKill(lab, figures);
    lab.Settle();
    ++figures.runs;
  }
}

}  // namespace atelier::chaos
