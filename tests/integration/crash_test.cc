// Processes that are killed, and what is left of the jobs.
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "atelier/v1/asset.grpc.pb.h"
#include "atelier/v1/dispatch.grpc.pb.h"
#include "atelier/v1/job.grpc.pb.h"
#include "atelier/v1/worker_asset.grpc.pb.h"
#include "integration/raw_connection.h"
#include "integration/studio.h"
#include "integration/test_pictures.h"
#include "rpc/secret.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

Result<v1::Job> Submit(Studio& studio, const v1::SynthesisSpec& synthesis) {
  v1::JobSpec spec;
  *spec.mutable_synthesis() = synthesis;
  return studio.client().Submit(spec);
}

/// Watches until the job's present attempt has made a step.
void WatchToFirstStep(Studio& studio, const std::string& job) {
  const auto seen = studio.client().Watch(job, [](const v1::Job& now) {
    return now.state() != v1::JOB_STATE_RUNNING || now.progress().step() < 1;
  });
  REQUIRE(seen.has_value());
  REQUIRE(seen->state() == v1::JOB_STATE_RUNNING);
}

/// A watch on a thread of its own.
class RunningWatch {
 public:
  RunningWatch(Studio& studio, const std::string& job)
      : thread_([this, &studio, job] {
          end_ = studio.client().Watch(job, [this](const v1::Job&) { return began_ = true; });
        }) {}
  ~RunningWatch() {
    if (thread_.joinable()) thread_.join();
  }
  /// Whether it was told of the job, within a while.
  bool Began() {
    return Eventually([this] { return began_.load(); });
  }
  /// Waits for the watch's end.
  Result<v1::Job> End() {
    thread_.join();
    return end_;
  }

 private:
  std::atomic<bool> began_ = false;
  Result<v1::Job> end_ = MakeError(Code::kUnknown, "", "never watched");
  std::thread thread_;  // The last one: it uses the others.
};

}  // namespace

TEST_CASE("A job whose worker is killed half way is finished by the next one, as attempt 2",
          "[integration]") {
  Studio studio;
  studio.StartAll();
  const auto job = Submit(studio, SlowSpec());
  REQUIRE(job.has_value());
  WatchToFirstStep(studio, job->name());

  studio.generation().Signal(SIGKILL);
  REQUIRE(studio.generation().Wait() == 128 + SIGKILL);
  studio.StartGeneration();

  const auto end = studio.client().Watch(job->name());
  REQUIRE(end.has_value());
  INFO(end->error_message());
  CHECK(end->state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(end->attempt() == 2);
  CHECK(MetricValue(studio.ServerMetrics(), "atelier_leases_expired_total") == 1);
}

TEST_CASE("A job that outlives its last attempt fails and says that the worker was lost",
          "[integration]") {
  Studio studio({.max_attempts = 1});
  studio.StartAll();
  const auto job = Submit(studio, SlowSpec());
  REQUIRE(job.has_value());
  WatchToFirstStep(studio, job->name());
  studio.generation().Signal(SIGKILL);

  const auto end = studio.client().Watch(job->name());
  REQUIRE(end.has_value());
  CHECK(end->state() == v1::JOB_STATE_FAILED);
  CHECK(end->error_reason() == "WORKER_LOST");
}

TEST_CASE("Jobs queued before the server is killed are still there and run after its restart",
          "[integration]") {
  Studio studio;
  studio.StartAll();
  // Nobody takes work now, but the server knows the model.
  studio.generation().Signal(SIGTERM);
  REQUIRE(studio.generation().Wait() == 0);
  const auto first = Submit(studio, PersonSpec(2));
  const auto second = Submit(studio, PersonSpec(3));
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());

  studio.server().Signal(SIGKILL);
  REQUIRE(studio.server().Wait() == 128 + SIGKILL);
  studio.StartServer();

  for (const auto& job : {*first, *second}) {
    Result<v1::Job> found = studio.client().Get(job.name());
    // The channel backs off after it has met a dead server.
    Eventually([&] { return (found = studio.client().Get(job.name())).has_value(); });
    REQUIRE(found.has_value());
    CHECK(found->state() == v1::JOB_STATE_QUEUED);
    CHECK(found->attempt() == 0);
  }
  CHECK(MetricValue(studio.ServerMetrics(), "atelier_queue_depth") == 2);

  studio.StartGeneration();
  CHECK(studio.client().Watch(first->name())->state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(studio.client().Watch(second->name())->state() == v1::JOB_STATE_SUCCEEDED);
}

TEST_CASE("A watch and a running job both live through a kill of the server", "[integration]") {
  Studio studio;
  studio.StartAll();
  const auto job = Submit(studio, SlowSpec());
  REQUIRE(job.has_value());
  WatchToFirstStep(studio, job->name());

  RunningWatch watch(studio, job->name());
  const bool began = watch.Began();
  studio.server().Signal(SIGKILL);
  studio.server().Wait();
  studio.StartServer();
  const Result<v1::Job> end = watch.End();
  CHECK(began);
  REQUIRE(end.has_value());
  INFO(end->error_message());
  CHECK(end->state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(end->images_size() == 1);
}

TEST_CASE("A server that drains sends clients away at once, and their running jobs end",
          "[integration]") {
  Studio studio({.server_flags = {"--drain-seconds", "60"}});
  studio.StartAll();
  const std::string& address = studio.server_address();
  RawConnection connection(std::stoi(address.substr(address.rfind(':') + 1)));
  const auto job = Submit(studio, SlowSpec());
  REQUIRE(job.has_value());
  WatchToFirstStep(studio, job->name());

  RunningWatch watch(studio, job->name());
  const bool began = watch.Began();
  studio.server().Signal(SIGTERM);
  CHECK(connection.ReadsGoaway());
  // Over a new connection, and refused for what it is.
  grpc::ClientContext context;
  v1::Job refused;
  const auto jobs = v1::JobService::NewStub(rpc::Connect(address));
  const grpc::Status status = jobs->SubmitJob(&context, {}, &refused);
  const Result<v1::Job> end = watch.End();
  CHECK(began);
  CHECK(rpc::FromGrpc(status).reason == "DRAINING");
  REQUIRE(end.has_value());
  CHECK(end->state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(studio.server().Wait() == 0);
}

TEST_CASE("SIGTERM ends every process with exit code 0", "[integration]") {
  Studio studio;
  studio.StartAll();
  REQUIRE(studio.client().Synthesize(PersonSpec(2)).has_value());
  for (Process* process :
       {&studio.generation(), &studio.server(), &studio.region(), &studio.pose()}) {
    process->Signal(SIGTERM);
    CHECK(process->Wait() == 0);
  }
}

TEST_CASE("Uploads that never end, at both doors, hold a server that ends up once",
          "[integration]") {
  Studio studio;
  studio.StartServer();
  const auto clients = rpc::Connect(studio.server_address());
  rpc::ChannelSecurity security;
  security.token = rpc::SecretOfFile(studio.dir() / "data/worker.secret", "worker_secret_file");
  const auto workers = rpc::Connect(studio.dispatch_address(), security);

  grpc::ClientContext upload_context, store_context, job_context, lease_context;
  v1::Asset asset;
  v1::StoreAssetResponse stored;
  const auto upload = v1::AssetService::NewStub(clients)->UploadAsset(&upload_context, &asset);
  const auto store = v1::WorkerAssetService::NewStub(workers)->StoreAsset(&store_context, &stored);
  // Whatever these answer, what was sent before them over the same connection has arrived.
  v1::Job job;
  v1::LeaseJobsResponse leases;
  CHECK(rpc::FromGrpc(v1::JobService::NewStub(clients)->GetJob(&job_context, {}, &job)).code ==
        Code::kNotFound);
  CHECK(rpc::FromGrpc(v1::DispatchService::NewStub(workers)->LeaseJobs(&lease_context, {}, &leases))
            .code == Code::kInvalidArgument);

  const auto asked = std::chrono::steady_clock::now();
  studio.server().Signal(SIGTERM);
  CHECK(studio.server().Wait() == 0);
  // Calls get two seconds to end in; one door after the other would take four.
  CHECK(std::chrono::steady_clock::now() - asked < std::chrono::milliseconds(3500));
  CHECK(upload->Finish().error_code() != grpc::StatusCode::OK);
  CHECK(store->Finish().error_code() != grpc::StatusCode::OK);
}

TEST_CASE("A worker that is asked to end gives its job back, and the next one finishes it",
          "[integration]") {
  Studio studio({.lease_seconds = 30});
  studio.StartAll();
  const auto job = Submit(studio, SlowSpec());
  REQUIRE(job.has_value());
  WatchToFirstStep(studio, job->name());
  studio.generation().Signal(SIGTERM);
  REQUIRE(studio.generation().Wait(std::chrono::seconds(60)) == 0);
  studio.StartGeneration();
  const auto end = studio.client().Watch(job->name());
  REQUIRE(end.has_value());
  CHECK(end->state() == v1::JOB_STATE_SUCCEEDED);
  // It was given back or finished before the worker left: no lease ran out.
  CHECK(MetricValue(studio.ServerMetrics(), "atelier_leases_expired_total") <= 0);
}

}  // namespace atelier::testing
