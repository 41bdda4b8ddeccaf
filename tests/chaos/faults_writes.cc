// A disk of which single writes fail, each in its turn, and a root that cannot be written at all.
#include <errno.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "chaos/faults.h"
#include "chaos/lab.h"

namespace atelier::chaos {
namespace {

using Request = std::pair<std::string, v1::JobSpec>;

/// Submits until the fault was met, and some more. Returns the requests that were refused.
std::vector<Request> SubmitIntoFault(Lab& lab) {
  std::vector<Request> refused;
  for (int i = 0; i < 3; ++i) {
    Request request(lab.NextRequest(), lab.Spec(2));
    const Result<v1::Job> job = lab.peer().Submit(request.second, request.first);
    if (job) {
      lab.Book(request.first, job->name());
      continue;
    }
    const std::string& reason = job.error().reason;
    const bool clear = reason.starts_with("STORAGE_") || reason.starts_with("STORE_");
    lab.figures().Expect(
        clear, fmt::format("a failed write says {} {}: {}", CodeName(job.error().code), reason,
                           job.error().message));
    refused.push_back(std::move(request));
  }
  return refused;
}

void FailOne(Lab& lab, const std::string& pattern, int64_t call, int error) {
  Figures& figures = lab.figures();
  lab.panel().RefuseOneCall(pattern, call, error);
  const std::vector<Request> refused = SubmitIntoFault(lab);
  // What the submits left over meets the leases, heartbeats and results.
  lab.Until(Seconds(20), [&] {
    return lab.panel().refused_calls() > 0 || lab.Metric("atelier_queue_depth") == 0;
  });
  figures.counts["calls that failed"] += lab.panel().refused_calls();
  figures.counts["submits refused"] += static_cast<int64_t>(refused.size());
  lab.panel().FreeDisk();
  const auto freed = Steady::now();
  for (const auto& [request, spec] : refused) lab.Submit(spec, request);
  figures.Recovered(Steady::now() - freed, "submits are still refused");
}

}  // namespace

void FailEveryWrite(const Setting& setting, Figures& figures) {
  // One attempt: a job that loses it to the disk is lost.
  Lab lab({.lease = std::chrono::milliseconds(4000), .max_attempts = 1}, figures, setting.seed);
  if (!lab.StartServer() || !lab.StartWorker()) return;
  lab.Submit(1);
  for (int run = 0; run < setting.runs; ++run) {
    for (const char* pattern : {"jobs.sqlite", "/blobs/"}) {
      const bool elsewhere =
          pattern == std::string("/blobs/") ? figures.stores.s3 : figures.stores.postgres;
      if (elsewhere) continue;
      for (const int error : {EIO, ENOSPC}) {
        // Submitting, leasing and completing three jobs makes some sixty calls.
        for (int64_t call = run % 4; call < 64; call += 4) FailOne(lab, pattern, call, error);
        lab.Settle();
      }
    }
    ++figures.runs;
  }
  figures.Expect(figures.counts["calls that failed"] >= 30 * setting.runs,
                 "few writes met the fault");
  lab.CheckDatabase();
}

void MakeRootReadOnly(const Setting& setting, Figures& figures) {
  constexpr int kClients = 64;
  constexpr int kSubmits = 10;
  Lab lab({}, figures, setting.seed);
  lab.panel().MakeRootReadOnly("/data");
  if (!lab.StartServer() || !lab.StartWorker({.max_jobs = 16, .step_milliseconds = 1})) return;
  for (int run = 0; run < setting.runs; ++run) {
    std::vector<std::vector<Request>> requests(kClients);
    for (auto& of_client : requests) {
      for (int i = 0; i < kSubmits; ++i) of_client.emplace_back(lab.NextRequest(), lab.Spec(1));
    }
    std::vector<std::vector<Result<v1::Job>>> answers(kClients);
    std::vector<std::thread> clients;
    const auto start = Steady::now();
    for (int client = 0; client < kClients; ++client) {
      clients.emplace_back([&, client] {
        for (const auto& [request, spec] : requests[client]) {
          answers[client].push_back(lab.peer().Submit(spec, request));
        }
      });
    }
    for (std::thread& client : clients) client.join();
    figures.counts["milliseconds of the submits"] +=
        std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start).count();
    for (int client = 0; client < kClients; ++client) {
      for (int i = 0; i < kSubmits; ++i) {
        const Result<v1::Job>& job = answers[client][i];
        if (job) lab.Book(requests[client][i].first, job->name());
        if (!job) figures.Expect(false, "a submit was refused: " + job.error().message);
      }
    }
    lab.Settle();
    ++figures.runs;
  }
  figures.Recovered(Seconds(0), "");
}

}  // namespace atelier::chaos
