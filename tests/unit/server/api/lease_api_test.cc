// Workers that wait for jobs: what many of them cost, and who gets what comes.
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "rpc/status.h"
#include "support/eventually.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

using testing::Eventually;

int CountThreads() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

/// Calls for jobs, one a worker, on one completion queue.
class WaitingWorkers {
 public:
  WaitingWorkers(ServedBackend& backend, int count) {
    for (int i = 0; i < count; ++i) {
      const std::string worker = "w" + std::to_string(i);
      backend.RegisterWorker(worker);
      v1::LeaseJobsRequest request;
      request.set_worker(worker);
      request.set_max_jobs(1);
      request.mutable_wait()->set_seconds(30);
      Call& call = *calls_.emplace_back(std::make_unique<Call>());
      call.reader = backend.dispatch->AsyncLeaseJobs(&call.context, request, &queue_);
      call.reader->Finish(&call.response, &call.status, &call);
    }
  }
  ~WaitingWorkers() {
    for (const auto& call : calls_) call->context.TryCancel();
    while (open() > 0 && Next() != nullptr) {
    }
    queue_.Shutdown();
  }

  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::LeaseJobsResponse>> reader;
    v1::LeaseJobsResponse response;
    grpc::Status status;
  };
  /// The next call that ended; null when none did within half a minute.
  const Call* Next() {
    void* tag = nullptr;
    bool ok = false;
    const auto limit = std::chrono::system_clock::now() + std::chrono::seconds(30);
    if (queue_.AsyncNext(&tag, &ok, limit) != grpc::CompletionQueue::GOT_EVENT) return nullptr;
    ++ended_;
    return static_cast<const Call*>(tag);
  }
  size_t open() const { return calls_.size() - ended_; }

 private:
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Call>> calls_;
  size_t ended_ = 0;
};

}  // namespace

TEST_CASE("Hundreds of workers wait for jobs without a thread each, and each job goes to one",
          "[waiting]") {
  ServedBackend backend;
  const int before = CountThreads();
  WaitingWorkers workers(backend, 600);
  // All of them are there, and none has been refused.
  grpc::ClientContext context;
  v1::ListModelsResponse models;
  CHECK(backend.models->ListModels(&context, {}, &models).ok());
  std::set<std::string> submitted;
  for (int i = 0; i < 5; ++i) {
    const auto job = backend.Submit(MakeSpec(), "r" + std::to_string(i));
    REQUIRE(job.has_value());
    submitted.insert("jobs/" + job->id);
  }
  std::set<std::string> leased;
  for (int i = 0; i < 5; ++i) {
    const auto* call = workers.Next();
    REQUIRE(call != nullptr);
    REQUIRE(call->status.error_message() == "");
    REQUIRE(call->response.jobs_size() == 1);
    leased.insert(call->response.jobs(0).job());
  }
  CHECK(leased == submitted);
  CHECK(workers.open() == 595);
  CHECK(CountThreads() - before <= 64);
}

TEST_CASE("Workers that wait are told at once when the server drains", "[waiting]") {
  ServedBackend backend;
  WaitingWorkers workers(backend, 20);
  backend.lifecycle.Drain();
  for (int i = 0; i < 20; ++i) {
    const auto* call = workers.Next();
    REQUIRE(call != nullptr);
    CHECK(call->status.error_code() == grpc::StatusCode::UNAVAILABLE);
    CHECK(rpc::RetryAfter(call->status).has_value());
  }
}

TEST_CASE("A job that comes while a worker's call is cut off goes to one that is there",
          "[waiting]") {
  ServedBackend backend;
  { const WaitingWorkers gone(backend, 10); }
  REQUIRE(backend.Submit(MakeSpec()).has_value());
  CHECK(Eventually([&] { return backend.Lease(1, "w3").size() == 1; }));
}

}  // namespace atelier::server
