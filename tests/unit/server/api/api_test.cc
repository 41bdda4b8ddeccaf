// The public API over gRPC, with a worker played by the test.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/client_unary_call.h>

#include <catch2/catch.hpp>
#include <future>
#include <set>

#include "rpc/status.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

using grpc::StatusCode;

// One unary call.
template <typename Stub, typename Request, typename Response>
grpc::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  return (stub.*method)(&context, request, response);
}

v1::Job SubmitOne(ServedBackend& backend) {
  v1::SubmitJobRequest request;
  *request.mutable_spec() = MakeSpec();
  v1::Job job;
  const grpc::Status status = Call(*backend.jobs, &v1::JobService::Stub::SubmitJob, request, &job);
  REQUIRE(status.error_message() == "");
  return job;
}

std::string IdOfJob(const v1::Job& job) { return job.name().substr(5); }

// Takes one job, waiting for it, and paints it.
void PaintOne(ServedBackend& backend) {
  v1::LeaseJobsRequest lease;
  lease.set_worker("w");
  lease.set_max_jobs(1);
  lease.mutable_wait()->set_seconds(30);
  v1::LeaseJobsResponse leased;
  (void)Call(*backend.dispatch, &v1::DispatchService::Stub::LeaseJobs, lease, &leased);
  if (leased.jobs_size() != 1) return;
  const v1::LeasedJob& job = leased.jobs(0);
  (void)backend.CompleteWith(job.job(), job.lease(), {PngBytes(64, 64, "painted")},
                             job.spec().synthesis().seed());
}

}  // namespace

TEST_CASE("Synthesize waits for a worker that comes later and returns its picture", "[api]") {
  ServedBackend backend;
  backend.RegisterWorker();
  auto worker = std::async(std::launch::async, [&] { PaintOne(backend); });
  v1::SynthesizeRequest request;
  *request.mutable_spec() = MakeSpec().synthesis();
  request.mutable_spec()->set_seed(7);
  v1::SynthesizeResponse response;
  const grpc::Status status =
      Call(*backend.synthesis, &v1::SynthesisService::Stub::Synthesize, request, &response);
  worker.get();
  REQUIRE(status.error_message() == "");
  REQUIRE(response.images_size() == 1);
  CHECK(response.images(0).data() == PngBytes(64, 64, "painted"));
  CHECK(response.images(0).seed() == 7);
  CHECK(response.images(0).width() == 64);

  v1::GetJobRequest get;
  get.set_name(response.job());
  v1::Job job;
  REQUIRE(Call(*backend.jobs, &v1::JobService::Stub::GetJob, get, &job).ok());
  CHECK(job.state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(job.images(0).asset() == response.images(0).asset());
  CHECK(job.images(0).data().empty());
}

TEST_CASE("A Synthesize whose deadline passes cancels its job", "[api]") {
  ServedBackend backend;
  v1::SynthesizeRequest request;
  *request.mutable_spec() = MakeSpec().synthesis();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  v1::SynthesizeResponse response;
  CHECK(backend.synthesis->Synthesize(&context, request, &response).error_code() ==
        StatusCode::DEADLINE_EXCEEDED);
  // Shutting down waits for the handler, which cancels before it ends.
  backend.server->Shutdown(std::chrono::seconds(30));
  const auto jobs = backend.store.List(1, 100);
  REQUIRE(jobs->size() == 1);
  CHECK(jobs->front().state == JobState::kCancelled);
}

TEST_CASE("A failed job gives the worker's reason, and is ABORTED only when another try may help",
          "[api]") {
  const auto [reason, code] = GENERATE(std::pair("NO_PERSON", StatusCode::FAILED_PRECONDITION),
                                       std::pair("TEXTURE_SIZE", StatusCode::FAILED_PRECONDITION),
                                       std::pair("INVALID_FIELD", StatusCode::INVALID_ARGUMENT),
                                       std::pair("PAINT_FAILED", StatusCode::ABORTED));
  ServedBackend backend;
  backend.RegisterWorker();
  auto worker = std::async(std::launch::async, [&] {
    const auto jobs =
        backend.dispatcher.LeaseJobs("w", 1, std::chrono::seconds(30), [] { return Status(); });
    return backend.dispatcher.Fail(jobs->at(0).id, jobs->at(0).lease->token,
                                   {reason, "nobody is seen", false});
  });
  v1::SynthesizeRequest request;
  *request.mutable_spec() = MakeSpec().synthesis();
  v1::SynthesizeResponse response;
  const grpc::Status status =
      Call(*backend.synthesis, &v1::SynthesisService::Stub::Synthesize, request, &response);
  CHECK(worker.get().has_value());
  CHECK(status.error_code() == code);
  CHECK(rpc::FromGrpc(status).reason == reason);
  CHECK_THAT(status.error_message(), Catch::Contains("nobody is seen"));
}

TEST_CASE("An unknown model is INVALID_ARGUMENT with the field in its details", "[api]") {
  ServedBackend backend;
  v1::SynthesizeRequest request;
  *request.mutable_spec() = MakeSpec().synthesis();
  request.mutable_spec()->set_model("models/none");
  v1::SynthesizeResponse response;
  grpc::Status status =
      Call(*backend.synthesis, &v1::SynthesisService::Stub::Synthesize, request, &response);
  CHECK(status.error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(rpc::FromGrpc(status).field == "spec.model");
  CHECK_THAT(status.error_message(), Catch::Contains("models/none"));
  status = Call(*backend.synthesis, &v1::SynthesisService::Stub::Synthesize, {}, &response);
  CHECK(rpc::FromGrpc(status).field == "spec.source");
  CHECK(backend.store.Count()->queued == 0);
}

TEST_CASE("A full queue is RESOURCE_EXHAUSTED with a delay to retry after", "[api]") {
  ServedBackend backend({1, 3});
  SubmitOne(backend);
  v1::SubmitJobRequest request;
  *request.mutable_spec() = MakeSpec();
  v1::Job job;
  const grpc::Status status = Call(*backend.jobs, &v1::JobService::Stub::SubmitJob, request, &job);
  CHECK(status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(rpc::FromGrpc(status).reason == "QUEUE_FULL");
  CHECK(rpc::RetryAfter(status).value_or(std::chrono::milliseconds(0)).count() > 0);
}

TEST_CASE("A watcher sees every state and each preview once, and then the end", "[api]") {
  ServedBackend backend;
  backend.RegisterWorker();
  SubmitOne(backend);
  const v1::Job job = SubmitOne(backend);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::WatchJobRequest request;
  request.set_name(job.name());
  auto stream = backend.jobs->WatchJob(&context, request);
  v1::WatchJobResponse event;
  REQUIRE(stream->Read(&event));
  CHECK(event.job().state() == v1::JOB_STATE_QUEUED);
  CHECK(event.job().queue_position() == 1);

  const JobRecord leased = backend.Lease(2).at(1);
  REQUIRE(stream->Read(&event));
  CHECK(event.job().state() == v1::JOB_STATE_RUNNING);
  v1::JobProgress progress;
  progress.set_step(1);
  progress.set_steps(20);
  progress.set_preview("preview");
  REQUIRE(backend.dispatcher.ReportProgress(leased.id, leased.lease->token, &progress));
  REQUIRE(stream->Read(&event));
  CHECK(event.job().progress().preview() == "preview");
  progress.set_step(2);
  progress.clear_preview();
  REQUIRE(backend.dispatcher.ReportProgress(leased.id, leased.lease->token, &progress));
  REQUIRE(stream->Read(&event));
  CHECK(event.job().progress().step() == 2);
  CHECK(event.job().progress().preview().empty());

  REQUIRE(backend.dispatcher.Complete(leased.id, leased.lease->token, {}).has_value());
  REQUIRE(stream->Read(&event));
  CHECK(event.job().state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(event.job().progress().step() == 2);
  CHECK_FALSE(stream->Read(&event));
  CHECK(stream->Finish().ok());

  // Watching what is over gives its end at once.
  grpc::ClientContext late;
  auto again = backend.jobs->WatchJob(&late, request);
  REQUIRE(again->Read(&event));
  CHECK(event.job().progress().step() == 2);
  CHECK_FALSE(again->Read(&event));
}

TEST_CASE("A draining server ends the watch of a queued job and refuses new ones", "[api]") {
  ServedBackend backend;
  const v1::Job job = SubmitOne(backend);
  grpc::ClientContext context;
  v1::WatchJobRequest request;
  request.set_name(job.name());
  auto stream = backend.jobs->WatchJob(&context, request);
  v1::WatchJobResponse event;
  REQUIRE(stream->Read(&event));
  backend.lifecycle.Drain();
  CHECK_FALSE(stream->Read(&event));
  CHECK(stream->Finish().error_code() == StatusCode::UNAVAILABLE);

  v1::SubmitJobRequest submit;
  *submit.mutable_spec() = MakeSpec();
  v1::Job response;
  const grpc::Status status =
      Call(*backend.jobs, &v1::JobService::Stub::SubmitJob, submit, &response);
  CHECK(status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(backend.queue.Get(IdOfJob(job))->state == JobState::kQueued);
}

TEST_CASE("Names of nothing are NOT_FOUND", "[api]") {
  ServedBackend backend;
  for (const char* name : {"", "jobs/", "jobs/nothing", "nothing"}) {
    v1::GetJobRequest get;
    get.set_name(name);
    v1::CancelJobRequest cancel;
    cancel.set_name(name);
    v1::Job job;
    CHECK(Call(*backend.jobs, &v1::JobService::Stub::GetJob, get, &job).error_code() ==
          StatusCode::NOT_FOUND);
    CHECK(Call(*backend.jobs, &v1::JobService::Stub::CancelJob, cancel, &job).error_code() ==
          StatusCode::NOT_FOUND);
    grpc::ClientContext context;
    v1::WatchJobRequest watch;
    watch.set_name(name);
    CHECK(backend.jobs->WatchJob(&context, watch)->Finish().error_code() == StatusCode::NOT_FOUND);
  }
}

TEST_CASE("Pages of jobs hold each job once, and a foreign token is refused", "[api]") {
  ServedBackend backend;
  std::set<std::string> expected;
  for (int i = 0; i < 5; ++i) expected.insert(SubmitOne(backend).name());
  std::set<std::string> listed;
  v1::ListJobsRequest request;
  request.set_page_size(2);
  int pages = 0;
  do {
    v1::ListJobsResponse response;
    REQUIRE(Call(*backend.jobs, &v1::JobService::Stub::ListJobs, request, &response).ok());
    for (const v1::Job& job : response.jobs()) listed.insert(job.name());
    request.set_page_token(response.next_page_token());
  } while (++pages < 10 && !request.page_token().empty());
  CHECK(pages == 3);
  CHECK(listed == expected);

  v1::ListJobsResponse response;
  for (const char* token : {"x", "before-", "before-1x", "before--1"}) {
    request.set_page_token(token);
    const grpc::Status status =
        Call(*backend.jobs, &v1::JobService::Stub::ListJobs, request, &response);
    CHECK(rpc::FromGrpc(status).field == "page_token");
  }
  request.clear_page_token();
  request.set_page_size(1001);
  CHECK(rpc::FromGrpc(Call(*backend.jobs, &v1::JobService::Stub::ListJobs, request, &response))
            .field == "page_size");
}

TEST_CASE("An uploaded picture comes back by the byte and a wrong file is not kept", "[api]") {
  ServedBackend backend;
  const std::string bytes = PngBytes(64, 80, std::string(150'000, 'x'));
  const auto upload = [&](const std::string& data, size_t chunk_bytes, v1::Asset* asset) {
    grpc::ClientContext context;
    auto stream = backend.assets->UploadAsset(&context, asset);
    v1::UploadAssetRequest request;
    for (size_t at = 0; at < data.size(); at += chunk_bytes) {
      request.set_chunk(data.substr(at, chunk_bytes));
      if (!stream->Write(request)) break;
    }
    stream->WritesDone();
    return stream->Finish();
  };
  v1::Asset asset;
  REQUIRE(upload(bytes, 70'000, &asset).ok());
  CHECK(asset.content_type() == "image/png");
  CHECK(asset.size_bytes() == static_cast<int64_t>(bytes.size()));
  CHECK(asset.height() == 80);
  CHECK(asset.width() == 64);
  CHECK(asset.create_time().seconds() > 0);

  grpc::ClientContext context;
  v1::DownloadAssetRequest request;
  request.set_name(asset.name());
  auto stream = backend.assets->DownloadAsset(&context, request);
  std::string downloaded;
  v1::DownloadAssetResponse chunk;
  while (stream->Read(&chunk)) {
    CHECK(chunk.chunk().size() <= 65536);
    downloaded += chunk.chunk();
  }
  CHECK(stream->Finish().ok());
  CHECK(downloaded == bytes);

  v1::Asset other;
  CHECK(upload("no picture", 100, &other).error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(upload(bytes + std::string(2 << 20, 'x'), 2 << 20, &other).error_code() ==
        StatusCode::INVALID_ARGUMENT);
  CHECK(upload(PngBytes(64, 64) + std::string(32 << 20, 'x'), 1 << 20, &other).error_code() ==
        StatusCode::INVALID_ARGUMENT);
  v1::GetAssetRequest get;
  get.set_name("assets/nothing");
  CHECK(Call(*backend.assets, &v1::AssetService::Stub::GetAsset, get, &other).error_code() ==
        StatusCode::NOT_FOUND);
}

TEST_CASE("A health probe says SERVING until the server stops advertising", "[api]") {
  ServedBackend backend;
  const auto probe = [&] {
    const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                           grpc::internal::RpcMethod::NORMAL_RPC);
    grpc::ClientContext context;
    grpc::ByteBuffer response;
    const grpc::Slice empty;
    const grpc::ByteBuffer body(&empty, 1);
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall(backend.channel.get(), method, &context, body, &response);
    REQUIRE(status.ok());
    grpc::Slice slice;
    REQUIRE(response.DumpToSingleSlice(&slice).ok());
    return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
  };
  // HealthCheckResponse.status (field 1): 1 SERVING, 2 NOT_SERVING.
  CHECK(probe() == "\x08\x01");
  backend.server->StopAdvertising();
  CHECK(probe() == "\x08\x02");
}

TEST_CASE("A client without our protos finds the services by reflection", "[api]") {
  ServedBackend backend;
  grpc::GenericStub stub(backend.channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  const auto finished = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  auto call = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  REQUIRE(finished());
  // ServerReflectionRequest.list_services (field 7).
  const grpc::Slice question("\x3a\x01*");
  call->Write(grpc::ByteBuffer(&question, 1), nullptr);
  REQUIRE(finished());
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  REQUIRE(finished());
  grpc::Slice slice;
  REQUIRE(answer.DumpToSingleSlice(&slice).ok());
  const std::string names(reinterpret_cast<const char*>(slice.begin()), slice.size());
  for (const char* service : {"SynthesisService", "JobService", "AssetService", "ModelService",
                              "PoseService", "RegionService", "DispatchService"}) {
    CHECK_THAT(names, Catch::Contains("atelier.v1." + std::string(service)));
  }
  context.TryCancel();
  queue.Shutdown();
}

}  // namespace atelier::server
