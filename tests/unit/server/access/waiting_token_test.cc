// Calls that wait for a job while the token that they came with ends.
#include <catch2/catch.hpp>
#include <future>

#include "rpc/status.h"
#include "support/eventually.h"
#include "unit/server/access/guarded_backend.h"

namespace atelier::server {
namespace {

using testing::Eventually;

std::string IdOf(const std::string& secret) { return secret.substr(4, 16); }

/// A WatchJob with `secret`, read once.
struct Watch {
  Watch(const GuardedBackend& backend, const std::string& secret, const std::string& job)
      : stub(v1::JobService::NewStub(backend.As(secret))) {
    v1::WatchJobRequest request;
    request.set_name(job);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    reader = stub->WatchJob(&context, request);
    REQUIRE(reader->Read(&event));
  }
  /// The status of its end, which comes before its deadline.
  grpc::Status End() {
    while (reader->Read(&event)) {
    }
    return reader->Finish();
  }

  std::unique_ptr<v1::JobService::Stub> stub;
  grpc::ClientContext context;
  v1::WatchJobResponse event;
  std::unique_ptr<grpc::ClientReader<v1::WatchJobResponse>> reader;
};

/// A Synthesize with `secret` on a thread of its own, whose job is queued.
struct Synthesis {
  Synthesis(GuardedBackend& backend, const std::string& secret, const std::string& request_id)
      : stub(v1::SynthesisService::NewStub(backend.As(secret))) {
    v1::SynthesizeRequest request;
    *request.mutable_spec() = MakeSpec().synthesis();
    request.set_request_id(request_id);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    status = std::async(std::launch::async, [this, request] {
      v1::SynthesizeResponse response;
      return stub->Synthesize(&context, request, &response);
    });
    REQUIRE(Eventually([&] { return backend.store.List(1, 1000).value().size() == 1; }));
  }

  std::unique_ptr<v1::SynthesisService::Stub> stub;
  grpc::ClientContext context;
  std::future<grpc::Status> status;
};

std::string Submit(GuardedBackend& backend, const std::string& secret) {
  const auto stub = v1::JobService::NewStub(backend.As(secret));
  grpc::ClientContext context;
  v1::SubmitJobRequest request;
  *request.mutable_spec() = MakeSpec();
  v1::Job job;
  REQUIRE(stub->SubmitJob(&context, request, &job).error_message() == "");
  return job.name();
}

/// The watch ended because of its token, in much less time than a lease.
void CheckRefused(const grpc::Status& status, const std::string& reason) {
  CHECK(status.error_code() == grpc::StatusCode::UNAUTHENTICATED);
  CHECK(rpc::FromGrpc(status).reason == reason);
}

JobState StateOf(GuardedBackend& backend) {
  return backend.store.List(1, 1000).value().at(0).state;
}

}  // namespace

TEST_CASE("A watch ends soon after its token is revoked, and no other watch of the job does",
          "[access]") {
  GuardedBackend backend;
  backend.RegisterWorker();
  const std::string revoked = backend.ClientToken("acme");
  const std::string kept = backend.ClientToken("acme");
  const std::string job = Submit(backend, kept);
  Watch watch(backend, revoked, job);
  Watch other(backend, kept, job);
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(backend.tokens.Revoke(IdOf(revoked)).has_value());
  CheckRefused(watch.End(), "TOKEN_REVOKED");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  REQUIRE(backend.queue.Cancel(job.substr(5)).has_value());
  CHECK(other.End().ok());
}

TEST_CASE("A watch ends soon after its token has expired, or its tenant is purged", "[access]") {
  GuardedBackend backend;
  backend.RegisterWorker();
  const std::string token =
      backend.Token("acme", {v1::RIGHT_READ, v1::RIGHT_SUBMIT}, std::chrono::seconds(60));
  Watch watch(backend, token, Submit(backend, token));
  SECTION("expired") {
    backend.clock.Advance(std::chrono::seconds(61));
    CheckRefused(watch.End(), "TOKEN_EXPIRED");
  }
  SECTION("purged") {
    REQUIRE(backend.tokens.RemoveOf("acme").has_value());
    CheckRefused(watch.End(), "BAD_TOKEN");
  }
}

TEST_CASE("A worker that waits for jobs gets none once its token is revoked", "[access]") {
  GuardedBackend backend;
  backend.RegisterWorker();
  const std::string token = backend.Token("acme", {v1::RIGHT_WORK});
  const auto dispatch = v1::DispatchService::NewStub(
      rpc::Connect(backend.worker_address(), {.token = rpc::FixedSecret(token)}));
  grpc::ClientContext context;
  auto leased = std::async(std::launch::async, [&] {
    v1::LeaseJobsRequest request;
    request.set_worker("w");
    request.set_max_jobs(1);
    request.mutable_wait()->set_seconds(30);
    v1::LeaseJobsResponse response;
    return dispatch->LeaseJobs(&context, request, &response);
  });
  CHECK(leased.wait_for(std::chrono::milliseconds(300)) == std::future_status::timeout);
  REQUIRE(backend.tokens.Revoke(IdOf(token)).has_value());
  REQUIRE(leased.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CheckRefused(leased.get(), "TOKEN_REVOKED");
}

TEST_CASE("A Synthesize whose token is revoked ends, and its job with it unless it may come back",
          "[access]") {
  GuardedBackend backend;
  backend.RegisterWorker();
  const std::string token = backend.ClientToken("acme");
  SECTION("without a request_id") {
    Synthesis call(backend, token, "");
    REQUIRE(backend.tokens.Revoke(IdOf(token)).has_value());
    CheckRefused(call.status.get(), "TOKEN_REVOKED");
    CHECK(Eventually([&] { return StateOf(backend) == JobState::kCancelled; }));
  }
  SECTION("with one") {
    Synthesis call(backend, token, "again");
    REQUIRE(backend.tokens.Revoke(IdOf(token)).has_value());
    CheckRefused(call.status.get(), "TOKEN_REVOKED");
    CHECK(StateOf(backend) == JobState::kQueued);
  }
  SECTION("somebody else watches") {
    Synthesis call(backend, token, "");
    const std::string job = "jobs/" + backend.store.List(1, 1000).value().at(0).id;
    const Watch watch(backend, backend.ClientToken("acme"), job);
    REQUIRE(backend.tokens.Revoke(IdOf(token)).has_value());
    CheckRefused(call.status.get(), "TOKEN_REVOKED");
    CHECK(StateOf(backend) == JobState::kQueued);
  }
}

}  // namespace atelier::server
