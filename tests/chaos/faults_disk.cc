// The disk fills up, cuts writes short and frees itself again; now and then the server dies on the
// full disk.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "chaos/faults.h"
#include "chaos/lab.h"
#include "digest/sha256.h"

namespace atelier::chaos {
namespace {

constexpr char kFailures[] = "atelier_storage_failures_total{reason=\"STORAGE_FULL\"}";
constexpr char kRefusals[] = "atelier_submits_refused_total{reason=\"STORAGE_FULL\"}";

/// The files that have no room. Writes are cut short at a seeded byte; on a disk that finds out
/// late, only syncs fail.
struct FullDisk {
  std::string pattern;
  bool syncs_fail = false;
};

// Those that the servers themselves write to.
std::vector<FullDisk> Disks(const Stores& stores) {
  if (stores.postgres) return {{"/blobs/"}, {"/blobs/", true}};
  if (stores.s3) return {{"jobs.sqlite"}, {"jobs.sqlite", true}};
  return {{"/blobs/"}, {"jobs.sqlite"}, {"/data/"}, {"/blobs/", true}, {"jobs.sqlite", true}};
}

void Fill(Lab& lab, const FullDisk& disk) {
  if (disk.syncs_fail) return lab.panel().FailSyncs(disk.pattern);
  // Often none at all; else some bytes into a picture or into a page of the log.
  const int most = disk.pattern == "jobs.sqlite" ? 9000 : 150;
  const int64_t room = lab.random().Chance(0.4) ? 0 : lab.random().Index(most);
  lab.panel().FillDisk(disk.pattern, room);
}

/// A picture under its digest is whole, whatever became of the write; and nothing half-written
/// stays behind.
void CheckBlobs(Lab& lab) {
  namespace fs = std::filesystem;
  if (lab.pictures()) return;
  int wrong = 0;
  int left = 0;
  for (const auto& entry : fs::recursive_directory_iterator(lab.data() / "blobs")) {
    if (!entry.is_regular_file()) continue;
    if (entry.path().parent_path().filename() == "tmp") ++left;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const bool digest = entry.path().filename().string().size() == 64;
    if (digest && Sha256Hex(bytes) != entry.path().filename()) ++wrong;
  }
  lab.figures().Expect(wrong == 0, fmt::format("{} pictures are not what their names say", wrong));
  lab.figures().Expect(left == 0, fmt::format("{} half-written pictures stay", left));
}

/// Submits on the full disk; returns the requests that were refused.
std::vector<std::pair<std::string, v1::JobSpec>> SubmitOnFullDisk(Lab& lab, const FullDisk& disk) {
  Figures& figures = lab.figures();
  std::vector<std::pair<std::string, v1::JobSpec>> refused;
  for (int i = 0; i < 4; ++i) {
    const v1::JobSpec spec = lab.Spec(2);
    const std::string request = lab.NextRequest();
    const Result<v1::Job> job = lab.peer().Submit(spec, request);
    if (job) {  // What room there was sufficed.
      lab.Book(request, job->name());
      continue;
    }
    refused.emplace_back(request, spec);
    const Error& error = job.error();
    const bool clear = error.code == Code::kResourceExhausted && error.reason == "STORAGE_FULL";
    figures.Expect(clear, fmt::format("full {} says {} {}: {}", disk.pattern, CodeName(error.code),
                                      error.reason, error.message));
  }
  figures.counts["submits refused"] += static_cast<int64_t>(refused.size());
  const auto jobs = lab.peer().All();
  figures.Expect(jobs.has_value(), "a full disk keeps jobs from being listed");
  for (const auto& [request, spec] : refused) {
    for (const v1::Job& job : jobs.value_or(std::vector<v1::Job>())) {
      figures.Expect(job.request_id() != request, request + " was refused and is queued");
    }
  }
  return refused;
}

}  // namespace

void FillDiskInSubmits(const Setting& setting, Figures& figures) {
  Lab lab({}, figures, setting.seed);
  if (!lab.StartServer() || !lab.StartWorker()) return;
  lab.Submit(1);
  for (int run = 0; run < setting.runs; ++run) {
    for (const FullDisk& disk : Disks(figures.stores)) {
      Fill(lab, disk);
      const double counted = lab.Metric(kFailures);
      const double counted_submits = lab.Metric(kRefusals);
      const auto refused = SubmitOnFullDisk(lab, disk);
      const auto count = static_cast<double>(refused.size());
      figures.Expect(lab.Metric(kFailures) - counted >= count, "a full disk is not counted");
      figures.Expect(lab.Metric(kRefusals) - std::max(0.0, counted_submits) >= count,
                     "refused submits are not counted");
      figures.Expect(!refused.empty(), "no submit met the full disk: " + disk.pattern);
      if (lab.random().Chance(0.3)) {
        lab.KillServer();
        lab.panel().FreeDisk();
        if (!lab.StartServer()) return;
        ++figures.counts["servers killed on the full disk"];
      }
      lab.panel().FreeDisk();
      const auto freed = Steady::now();
      for (const auto& [request, spec] : refused) lab.Submit(spec, request);
      figures.Recovered(Steady::now() - freed, "submits are still refused");
    }
    lab.Settle();
    CheckBlobs(lab);
    ++figures.runs;
  }
  lab.CheckDatabase();
}

void FillDiskInResults(const Setting& setting, Figures& figures) {
  // One attempt: a job that loses it to the disk is lost.
  Lab lab({.lease = std::chrono::milliseconds(4000), .max_attempts = 1}, figures, setting.seed);
  if (!lab.StartServer() || !lab.StartWorker()) return;
  lab.Submit(1);
  for (int run = 0; run < setting.runs; ++run) {
    const std::vector<FullDisk> disks = Disks(figures.stores);
    const FullDisk& disk = disks[lab.random().Index(static_cast<int>(disks.size()))];
    for (int i = 0; i < 3; ++i) lab.Submit(15);
    lab.Until(Seconds(30), [&] { return !lab.Running().empty(); });
    Fill(lab, disk);
    const bool met = lab.Until(Seconds(30), [&] { return lab.panel().refused_calls() > 0; });
    figures.Expect(met, "no result met the full disk: " + disk.pattern);
    // Long enough for a lease to run out.
    lab.Pause(lab.options().lease * 1.1, lab.options().lease * 1.5);
    lab.panel().FreeDisk();
    const auto freed = Steady::now();
    const auto over = [&] {
      return lab.Metric("atelier_queue_depth") == 0 && lab.Running().empty();
    };
    figures.Expect(lab.Until(Seconds(60), over), "the jobs do not go on");
    figures.Recovered(Steady::now() - freed, "the jobs went on late");
    lab.Settle();
    CheckBlobs(lab);
    figures.counts["leases lost to the full disk"] +=
        std::max<int64_t>(0, static_cast<int64_t>(lab.Metric("atelier_leases_expired_total")));
    ++figures.runs;
  }
  lab.CheckDatabase();
}

}  // namespace atelier::chaos
