// Tenants, limits, replay, cursors and filters over gRPC.
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

#include <catch2/catch.hpp>

#include "rpc/status.h"
#include "server/jobs/periodic.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

using grpc::StatusCode;

struct Sent {
  grpc::Status status;
  v1::Job job;
};

Sent Submit(ServedBackend& backend, const std::string& tenant, const std::string& request_id = "",
            const v1::JobSpec& spec = MakeSpec()) {
  v1::SubmitJobRequest request;
  *request.mutable_spec() = spec;
  request.set_request_id(request_id);
  grpc::ClientContext context;
  if (!tenant.empty()) context.AddMetadata("atelier-tenant", tenant);
  Sent sent;
  sent.status = backend.jobs->SubmitJob(&context, request, &sent.job);
  return sent;
}

std::vector<std::string> NamesOf(ServedBackend& backend, const v1::ListJobsRequest& request) {
  grpc::ClientContext context;
  v1::ListJobsResponse response;
  REQUIRE(backend.jobs->ListJobs(&context, request, &response).ok());
  std::vector<std::string> names;
  for (const v1::Job& job : response.jobs()) names.push_back(job.name());
  return names;
}

// One event of a watch after `cursor`.
v1::WatchJobResponse WatchOne(ServedBackend& backend, const std::string& job, int64_t cursor) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::WatchJobRequest request;
  request.set_name(job);
  request.set_after_event_id(cursor);
  auto stream = backend.jobs->WatchJob(&context, request);
  v1::WatchJobResponse event;
  REQUIRE(stream->Read(&event));
  context.TryCancel();
  (void)stream->Finish();
  return event;
}

}  // namespace

TEST_CASE("A job belongs to the tenant that its call names, or to the default", "[api]") {
  ServedBackend backend;
  CHECK(Submit(backend, "").job.tenant() == "default");
  CHECK(Submit(backend, "studio-1").job.tenant() == "studio-1");
  for (const std::string& tenant : {std::string("a b"), std::string(65, 'a'), std::string("a/b")}) {
    const Sent sent = Submit(backend, tenant);
    CHECK(sent.status.error_code() == StatusCode::INVALID_ARGUMENT);
    CHECK(rpc::FromGrpc(sent.status).field == "atelier-tenant");
  }
  v1::SynthesizeRequest request;
  grpc::ClientContext context;
  context.AddMetadata("atelier-tenant", "a b");
  v1::SynthesizeResponse response;
  CHECK(rpc::FromGrpc(backend.synthesis->Synthesize(&context, request, &response)).field ==
        "atelier-tenant");
}

TEST_CASE("A tenant's full queue is RESOURCE_EXHAUSTED with a delay, for it alone", "[api]") {
  JobQueue::Options options;
  options.tenants = {{.queued = 1}};
  ServedBackend backend(options);
  REQUIRE(Submit(backend, "a").status.ok());
  const Sent refused = Submit(backend, "a");
  CHECK(refused.status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(rpc::FromGrpc(refused.status).reason == "TENANT_QUEUE_FULL");
  CHECK(rpc::RetryAfter(refused.status).value_or(std::chrono::milliseconds(0)).count() > 0);
  CHECK(Submit(backend, "b").status.ok());
}

TEST_CASE("A finished job is replayed with its result, another body is a typed error", "[api]") {
  ServedBackend backend;
  backend.RegisterWorker();
  const Sent first = Submit(backend, "a", "order-1");
  const JobRecord leased = backend.Lease().at(0);
  v1::PaintedImage image;
  image.set_asset("assets/result");
  REQUIRE(
      backend.dispatcher.Complete(leased.id, leased.lease->token, {.images = {image}}).has_value());

  const Sent again = Submit(backend, "a", "order-1");
  REQUIRE(again.status.ok());
  CHECK(again.job.name() == first.job.name());
  CHECK(again.job.state() == v1::JOB_STATE_SUCCEEDED);
  REQUIRE(again.job.images_size() == 1);
  CHECK(again.job.images(0).asset() == "assets/result");
  CHECK(backend.store.Count()->queued == 0);

  v1::JobSpec other = MakeSpec();
  other.set_priority(1);
  const Sent refused = Submit(backend, "a", "order-1", other);
  CHECK(refused.status.error_code() == StatusCode::ALREADY_EXISTS);
  google::rpc::Status details;
  REQUIRE(details.ParseFromString(refused.status.error_details()));
  google::rpc::ErrorInfo info;
  REQUIRE(details.details(0).UnpackTo(&info));
  CHECK(info.reason() == "REQUEST_ID_REUSED");
  // Of another tenant it is another order.
  CHECK(Submit(backend, "b", "order-1", other).status.ok());
}

TEST_CASE("A watch goes on after its cursor, and tells where a queued job stands", "[api]") {
  ServedBackend backend;
  backend.RegisterWorker();
  const std::string front = Submit(backend, "").job.name();
  const std::string job = Submit(backend, "").job.name();
  const v1::WatchJobResponse queued = WatchOne(backend, job, 0);
  CHECK(queued.job().queue_position() == 1);
  CHECK(queued.event_id() > 0);

  // Moving up is told under the event's own id.
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::WatchJobRequest request;
  request.set_name(job);
  auto stream = backend.jobs->WatchJob(&context, request);
  v1::WatchJobResponse event;
  REQUIRE(stream->Read(&event));
  const JobRecord first = backend.Lease(1).at(0);
  REQUIRE(stream->Read(&event));
  CHECK(event.job().state() == v1::JOB_STATE_QUEUED);
  CHECK(event.job().queue_position() == 0);
  CHECK(event.event_id() == queued.event_id());
  backend.clock.Advance(std::chrono::seconds(8));
  REQUIRE(backend.dispatcher.Complete(first.id, first.lease->token, {}).has_value());

  const JobRecord leased = backend.Lease(1).at(0);
  REQUIRE(stream->Read(&event));
  CHECK(event.job().state() == v1::JOB_STATE_RUNNING);
  CHECK(event.event_id() > queued.event_id());
  CHECK(event.job().remaining_seconds() == Approx(8.0));
  const int64_t running = event.event_id();
  context.TryCancel();
  (void)stream->Finish();

  v1::JobProgress progress;
  progress.set_step(5);
  progress.set_steps(20);
  progress.set_step_seconds(0.5);
  progress.set_preview("preview");
  REQUIRE(backend.dispatcher.ReportProgress(leased.id, leased.lease->token, &progress));
  event = WatchOne(backend, job, running);
  CHECK(event.job().progress().step() == 5);
  CHECK(event.job().progress().preview() == "preview");
  CHECK(event.job().remaining_seconds() == Approx(7.5));
  CHECK(event.event_id() > running);

  REQUIRE(backend.dispatcher.Complete(leased.id, leased.lease->token, {}).has_value());
  const v1::WatchJobResponse end = WatchOne(backend, job, event.event_id());
  CHECK(end.job().state() == v1::JOB_STATE_SUCCEEDED);
  CHECK_FALSE(end.job().has_remaining_seconds());
  // Told again to whoever asks again.
  CHECK(WatchOne(backend, job, end.event_id()).event_id() == end.event_id());

  grpc::ClientContext negative;
  request.set_after_event_id(-1);
  CHECK(rpc::FromGrpc(backend.jobs->WatchJob(&negative, request)->Finish()).field ==
        "after_event_id");
}

TEST_CASE("Jobs are listed by tenant, state and reason", "[api]") {
  ServedBackend backend({10, 1});
  backend.RegisterWorker();
  const std::string lost = Submit(backend, "a").job.name();
  REQUIRE(backend.Lease().size() == 1);
  backend.clock.Advance(kLease);
  REQUIRE(backend.dispatcher.ExpireLeases() == 1);
  const std::string waiting = Submit(backend, "a").job.name();
  const std::string other = Submit(backend, "b").job.name();
  using Names = std::vector<std::string>;
  v1::ListJobsRequest request;
  CHECK(NamesOf(backend, request) == Names{other, waiting, lost});
  request.set_tenant("a");
  CHECK(NamesOf(backend, request) == Names{waiting, lost});
  request.add_states(v1::JOB_STATE_QUEUED);
  CHECK(NamesOf(backend, request) == Names{waiting});
  request.Clear();
  request.set_error_reason("WORKER_LOST");
  CHECK(NamesOf(backend, request) == Names{lost});
  request.add_states(v1::JOB_STATE_UNSPECIFIED);
  grpc::ClientContext context;
  v1::ListJobsResponse response;
  CHECK(rpc::FromGrpc(backend.jobs->ListJobs(&context, request, &response)).field == "states");
}

TEST_CASE("A Synthesize that waits longer than its queue_ttl is ABORTED and says so", "[api]") {
  ServedBackend backend;
  v1::SynthesizeRequest request;
  *request.mutable_spec() = MakeSpec().synthesis();
  request.mutable_queue_ttl()->set_seconds(5);
  request.set_priority(11);
  grpc::ClientContext bad;
  v1::SynthesizeResponse response;
  CHECK(rpc::FromGrpc(backend.synthesis->Synthesize(&bad, request, &response)).field == "priority");
  request.set_priority(1);
  Periodic time(std::chrono::milliseconds(5), [&] {
    backend.clock.Advance(std::chrono::milliseconds(500));
    (void)backend.queue.ExpireQueued();
  });
  grpc::ClientContext context;
  const grpc::Status status = backend.synthesis->Synthesize(&context, request, &response);
  CHECK(status.error_code() == StatusCode::ABORTED);
  CHECK(rpc::FromGrpc(status).reason == "QUEUE_TTL");
}

}  // namespace atelier::server
