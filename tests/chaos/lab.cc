#include "chaos/lab.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <thread>
#include <utility>

#include "chaos/audit.h"
#include "client/supervisor/studio_plan.h"
#include "digest/sha256.h"
#include "integration/test_pictures.h"
#include "support/metrics_page.h"
#include "unit/server/test_pictures.h"

namespace atelier::chaos {
namespace {

constexpr char kAnyPort[] = "127.0.0.1:0";
constexpr std::chrono::milliseconds kPoll(10);
/// Within which a submit is acknowledged, whatever happens.
constexpr Seconds kPatience(30);
/// Of each log, when something was broken.
constexpr size_t kLogBytes = 4000;

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

std::string Binary(const std::string& name) { return std::string(ATELIER_BINARY_DIR "/") + name; }

Seconds Since(Steady::time_point time) { return Steady::now() - time; }

}  // namespace

Lab::Lab(const LabOptions& options, Figures& figures, uint64_t seed)
    : options_(options), figures_(figures), random_(seed), panel_(dir_.path() / "faults") {
  figures_.lease = options.lease;
  const auto count = static_cast<size_t>(options.servers);
  const auto ports = supervisor::FreePorts(3 * options.servers);
  if (!figures_.Expect(ports.has_value(), "no free ports") || !OpenStores()) return;
  for (size_t i = 0; i < count; ++i) {
    Server& server = servers_.emplace_back();
    server.address = Local((*ports)[i]);
    server.metrics_address = Local((*ports)[count + i]);
    if (count > 1) server.dispatch = Local((*ports)[2 * count + i]);
    server.panel = std::make_unique<FaultPanel>(dir_.path() / fmt::format("faults{}", i));
  }
  peer_ = MakePeer();
}

bool Lab::OpenStores() {
  if (figures_.stores.postgres) {
    const auto database = Database::Get();
    if (!database) return figures_.Skip(database.error().message), false;
    database_ = *database;
    const Status fresh = database_->Refresh();
    if (!figures_.Expect(fresh.has_value(), "PostgreSQL is not ready")) return false;
  }
  if (figures_.stores.s3) {
    const auto pictures = Pictures::Get();
    if (!pictures) return figures_.Skip(pictures.error().message), false;
    pictures_ = *pictures;
    pictures_->Refresh();
  }
  return true;
}

Lab::~Lab() {
  if (figures_.broken.empty()) return;
  for (const auto& log : logs_) {
    FILE* file = std::fopen((log.string() + ".err").c_str(), "r");
    if (file == nullptr) continue;
    std::string text(kLogBytes, '\0');
    std::fseek(file, 0, SEEK_END);
    std::fseek(file, std::max(0L, std::ftell(file) - static_cast<long>(kLogBytes)), SEEK_SET);
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    std::fprintf(stderr, "---- %s\n%s\n", log.filename().c_str(), text.c_str());
  }
}

std::unique_ptr<testing::Process> Lab::Start(const std::vector<std::string>& command,
                                             const FaultPanel& panel, const std::string& ready,
                                             std::string* line) {
  const std::string name = std::filesystem::path(command.front()).filename().string();
  const auto log = dir_.path() / fmt::format("{}.{}", name, ++starts_);
  logs_.push_back(log);
  auto process = std::make_unique<testing::Process>(panel.Under(command), log);
  *line = process->WaitForLine(ready);
  if (!figures_.Expect(!line->empty(), name + " did not get ready")) return nullptr;
  return process;
}

std::vector<std::string> Lab::ServerCommand(int index) const {
  const Server& server = servers_[static_cast<size_t>(index)];
  const auto data_folder =
      index == 0 ? data() : std::filesystem::path(data().string() + std::to_string(index));
  std::vector<std::string> command = {Binary("atelier-server"),
                                      "--listen",
                                      server.address,
                                      "--metrics-listen",
                                      server.metrics_address,
                                      "--data",
                                      data_folder.string(),
                                      "--pose",
                                      pose_address_,
                                      "--region",
                                      region_address_,
                                      "--default-model",
                                      options_.real_workers ? "tiny" : "chaos",
                                      "--lease-seconds",
                                      std::to_string(Seconds(options_.lease).count()),
                                      "--max-attempts",
                                      std::to_string(options_.max_attempts)};
  const auto add = [&](const std::vector<std::string>& words) {
    command.insert(command.end(), words.begin(), words.end());
  };
  if (!options_.dispatch.empty()) add({"--insecure", "--dispatch-listen", options_.dispatch});
  if (!server.dispatch.empty()) add({"--dispatch-listen", server.dispatch});
  // The first server's, which it made.
  if (index > 0) add({"--worker-secret-file", (data() / "worker.secret").string()});
  if (database_) add({"--database", database_->url()});
  if (pictures_) add(pictures_->Flags());
  return command;
}

bool Lab::StartServers() {
  for (int index = 0; index < options_.servers; ++index)
    if (!StartServer(index)) return false;
  return true;
}

bool Lab::StartServer(int index) {
  if (servers_.empty()) return false;
  Server& server = servers_[static_cast<size_t>(index)];
  server.process.reset();
  std::string line;
  const FaultPanel& panel = options_.servers > 1 ? *server.panel : panel_;
  server.process = Start(ServerCommand(index), panel, "listening ", &line);
  if (!server.process || audited_) return server.process != nullptr;
  const Status installed =
      database_ ? InstallAudit(*database_) : InstallAudit(data() / "jobs.sqlite");
  audited_ = figures_.Expect(installed.has_value(), "no audit");
  return audited_;
}

void Lab::KillServer(int index) {
  server(index).Signal(SIGKILL);
  server(index).Wait();
}

bool Lab::StartRealParts() {
  for (const bool pose : {true, false}) {
    std::string line;
    auto& process = pose ? pose_ : region_;
    process = Start({Binary(pose ? "atelier-pose" : "atelier-region"), "--listen", kAnyPort,
                     "--metrics-listen", kAnyPort, "--model", ATELIER_TINY_MODEL},
                    panel_, "listening ", &line);
    const auto ports = supervisor::ParseListening(line);
    if (!process || !ports) return false;
    (pose ? pose_address_ : region_address_) = Local(ports->grpc_port);
  }
  return true;
}

std::vector<std::string> Lab::WorkerCommand(const WorkerOptions& options) const {
  if (options_.real_workers) {
    return {Binary("atelier-generation"),
            "--listen",
            kAnyPort,
            "--metrics-listen",
            kAnyPort,
            "--server",
            dispatch(options.first_server),
            "--pose",
            pose_address_,
            "--region",
            region_address_,
            "--model",
            ATELIER_TINY_MODEL,
            "--threads",
            "1",
            "--max-batch",
            std::to_string(options.max_jobs)};
  }
  std::vector<std::string> command = options.inside;
  for (const std::string& word :
       {Binary("chaos_worker"), std::string("--server"), dispatch(options.first_server),
        std::string("--worker-secret-file"), (data() / "worker.secret").string(),
        std::string("--max-jobs"), std::to_string(options.max_jobs), std::string("--step-ms"),
        std::to_string(options.step_milliseconds), std::string("--poison-seed"),
        std::to_string(options.poisonous ? kPoisonSeed : 0)}) {
    command.push_back(word);
  }
  return command;
}

std::string Lab::address(int first) const {
  return AllOf([this](size_t server) { return servers_[server].address; }, first);
}

std::string Lab::dispatch(int first) const {
  if (!options_.dispatch.empty()) return options_.dispatch;
  if (options_.servers > 1)
    return AllOf([this](size_t server) { return servers_[server].dispatch; }, first);
  return "unix:" + (data() / "dispatch.sock").string();
}

std::string Lab::AllOf(const std::function<std::string(size_t)>& part, int first) const {
  if (servers_.size() == 1) return part(0);
  std::string all;
  for (size_t i = 0; i < servers_.size(); ++i) {
    all += (i == 0 ? "ipv4:" : ",") + part((static_cast<size_t>(first) + i) % servers_.size());
  }
  return all;
}

bool Lab::StartWorker(const WorkerOptions& options) {
  if (options_.real_workers && !pose_ && !StartRealParts()) return false;
  std::string line;
  const std::string ready = options_.real_workers ? "listening " : "ready";
  auto process = Start(WorkerCommand(options), panel_, ready, &line);
  if (!process) return false;
  workers_.push_back({options, std::move(process)});
  return true;
}

int Lab::ReviveWorkers() {
  int revived = 0;
  for (Worker& worker : workers_) {
    if (worker.process && !worker.process->Wait(std::chrono::milliseconds(0))) continue;
    std::string line;
    worker.process = Start(WorkerCommand(worker.options), panel_,
                           options_.real_workers ? "listening " : "ready", &line);
    ++revived;
  }
  return revived;
}

double Lab::Metric(const std::string& name) const {
  return testing::MetricValue(testing::HttpGet(servers_[0].metrics_address, "/metrics"), name);
}

double Lab::SumMetric(const std::string& name) const {
  double sum = 0;
  for (const Server& server : servers_)
    sum += std::max(
        0.0, testing::MetricValue(testing::HttpGet(server.metrics_address, "/metrics"), name));
  return sum;
}

v1::JobSpec Lab::Spec(int steps) {
  v1::JobSpec spec;
  v1::SynthesisSpec& synthesis = *spec.mutable_synthesis();
  if (options_.real_workers) {
    synthesis = testing::PersonSpec(steps);
    synthesis.set_height(256);
    synthesis.set_width(256);
    return spec;
  }
  // Nobody decodes them: chaos_worker does not look.
  synthesis.mutable_source()->set_data(server::PngBytes(64, 64, std::to_string(random_.Bits())));
  synthesis.mutable_pose_iuv()->set_data(server::IuvBytes(64, 64));
  synthesis.set_steps(steps);
  synthesis.set_seed(1 + random_.Index(500));
  return spec;
}

std::string Lab::NextRequest() { return fmt::format("request-{}", ++requests_); }

std::string Lab::Submit(const v1::JobSpec& spec, const std::string& request_id) {
  std::string name;
  Error last;
  // One that was never acknowledged is enough: a run of hundreds shall end.
  const Seconds patience = refused_ ? Seconds(0) : kPatience;
  Until(patience, [&] {
    const Result<v1::Job> job = peer().Submit(spec, request_id);
    if (job) name = job->name();
    if (!job) last = job.error();
    return job.has_value() || last.code == Code::kInvalidArgument;
  });
  const bool acknowledged = !name.empty();
  refused_ = refused_ || !acknowledged;
  if (figures_.Expect(acknowledged, "never acknowledged: " + last.message)) Book(request_id, name);
  return name;
}

void Lab::Book(const std::string& request_id, const std::string& job) {
  const auto [entry, fresh] = booked_.emplace(request_id, job);
  const bool same = fresh || entry->second == job;
  if (!figures_.Expect(same, request_id + " became " + entry->second + " and " + job)) {
    ++figures_.recorded_twice;
  }
}

void Lab::ExpectFailure(const std::string& job, const std::string& reason) {
  failing_[job] = reason;
}

std::map<std::string, int> Lab::Running() {
  std::map<std::string, int> running;
  const auto jobs = peer().All();
  if (!jobs) return running;
  for (const v1::Job& job : *jobs) {
    if (job.state() == v1::JOB_STATE_RUNNING) running[job.name()] = job.attempt();
  }
  return running;
}

bool Lab::Until(Seconds limit, const std::function<bool()>& condition) {
  const auto start = Steady::now();
  while (!condition()) {
    if (Since(start) > limit) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

void Lab::Pause(Seconds from, Seconds to) {
  std::this_thread::sleep_for(Seconds(random_.Uniform(from.count(), to.count())));
}

bool Lab::Ended(const v1::Job& job) const {
  const auto failing = failing_.find(job.name());
  if (failing == failing_.end()) return job.state() == v1::JOB_STATE_SUCCEEDED;
  return job.state() == v1::JOB_STATE_FAILED && job.error_reason() == failing->second;
}

void Lab::Settle(Seconds limit) {
  // Not the gauges: where the answer of a COMMIT is cut off, a server does not know what it did.
  Until(limit, [&] {
    ReviveWorkers();
    return AllEnded();
  });
  CountLosses();
  const auto twice = database_ ? RecordedTwice(*database_) : RecordedTwice(data() / "jobs.sqlite");
  if (!figures_.Expect(twice.has_value(), "no audit of the end")) return;
  for (const std::string& what : *twice) figures_.Expect(false, what);
  figures_.recorded_twice += static_cast<int>(twice->size());
}

bool Lab::AllEnded() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  v1::ListJobsRequest request;
  request.set_page_size(1);
  request.add_states(v1::JOB_STATE_QUEUED);
  request.add_states(v1::JOB_STATE_RUNNING);
  v1::ListJobsResponse left;
  return peer().jobs().ListJobs(&context, request, &left).ok() && left.jobs().empty();
}

void Lab::CountLosses() {
  std::map<std::string, v1::Job> by_name;
  const auto jobs = peer().All();
  if (!figures_.Expect(jobs.has_value(), "the server does not list its jobs")) return;
  for (const v1::Job& job : *jobs) by_name[job.name()] = job;
  for (const auto& [request, name] : booked_) {
    ++figures_.jobs;
    const auto found = by_name.find(name);
    const bool there = found != by_name.end();
    const bool ended = there && Ended(found->second);
    const std::string pictures = ended ? CheckPictures(found->second) : "";
    if (ended && pictures.empty()) continue;
    ++figures_.lost;
    if (ended) {
      figures_.Expect(false, name + ": " + pictures);
      continue;
    }
    figures_.Expect(
        false,
        !there ? name + " is not there any more"
               : fmt::format("{} is {} ({} {}) after {} attempts", name,
                             v1::JobState_Name(found->second.state()), found->second.error_reason(),
                             found->second.error_message(), found->second.attempt()));
  }
  booked_.clear();
  read_.clear();
}

std::string Lab::CheckPictures(const v1::Job& job) {
  if (job.state() != v1::JOB_STATE_SUCCEEDED) return "";
  std::vector<std::string> assets = {job.spec().synthesis().source().asset()};
  for (const v1::PaintedImage& image : job.images()) assets.push_back(image.asset());
  if (assets.size() < 2) return "it has no result";
  for (const std::string& asset : assets) {
    if (read_.contains(asset)) continue;
    const Result<std::string> bytes = peer().Download(asset);
    if (!bytes) return asset + ": " + bytes.error().message;
    if ("assets/" + Sha256Hex(*bytes) != asset) return asset + " is another picture";
    read_.insert(asset);
  }
  return "";
}

void Lab::CheckDatabase() {
  if (!database_) {
    const auto whole = CheckIntegrity(data() / "jobs.sqlite");
    figures_.Expect(whole && *whole == "ok", "the database is not whole");
    return;
  }
  // Every page has a checksum that is looked at when it is read.
  const auto whole = database_->Ask("SELECT COUNT(spec || outcome)::TEXT FROM jobs");
  figures_.Expect(whole.has_value(), "the database is not whole");
}

TakenBack AwaitTakenBack(Lab& lab, const std::map<std::string, int>& running,
                         Steady::time_point fault) {
  TakenBack result;
  std::map<std::string, int> pending = running;
  const bool all = lab.Until(lab.options().lease * 3 + Seconds(30), [&] {
    const auto jobs = lab.peer().All();
    if (!jobs) return false;
    const Seconds now = Since(fault);
    for (const v1::Job& job : *jobs) {
      const auto found = pending.find(job.name());
      if (found == pending.end()) continue;
      const bool same = job.attempt() == found->second;
      if (same && job.state() == v1::JOB_STATE_RUNNING) continue;
      if (!same || job.state() == v1::JOB_STATE_QUEUED) {
        ++result.jobs;
        result.longest = std::max(result.longest, now);
        result.shortest = std::min(result.shortest, now);
      }
      pending.erase(found);
    }
    return pending.empty();
  });
  lab.figures().Expect(all, "a job stays with a lost worker");
  return result;
}

}  // namespace atelier::chaos
