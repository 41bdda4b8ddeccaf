#include <grpcpp/grpcpp.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "atelier/v1/asset.grpc.pb.h"
#include "atelier/v1/job.grpc.pb.h"
#include "client/client.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace atelier::client {
namespace {

using namespace std::chrono_literals;

v1::WatchJobResponse EventOf(v1::JobState state, int step = 0, int64_t event_id = 0) {
  v1::WatchJobResponse event;
  event.set_event_id(event_id);
  event.mutable_job()->set_name("jobs/a");
  event.mutable_job()->set_state(state);
  event.mutable_job()->mutable_progress()->set_step(step);
  return event;
}

/// A server whose n-th watch sends events[n] and then ends with ends[n]; the last of each repeats.
class ScriptedServer : public v1::JobService::Service, public v1::AssetService::Service {
 public:
  grpc::Status SubmitJob(grpc::ServerContext* context, const v1::SubmitJobRequest* request,
                         v1::Job* job) override {
    const auto tenant_key = context->client_metadata().find("atelier-tenant");
    if (tenant_key != context->client_metadata().end()) {
      tenant.assign(tenant_key->second.data(), tenant_key->second.size());
    }
    submitted = request->spec();
    request_id = request->request_id();
    job->set_name("jobs/a");
    job->set_state(v1::JOB_STATE_QUEUED);
    return grpc::Status::OK;
  }

  grpc::Status CancelJob(grpc::ServerContext*, const v1::CancelJobRequest*, v1::Job*) override {
    ++cancels;
    return grpc::Status::OK;
  }

  grpc::Status WatchJob(grpc::ServerContext*, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::WatchJobResponse>* writer) override {
    cursors.push_back(request->after_event_id());
    const size_t turn = static_cast<size_t>(watches++);
    for (const auto& event : events[std::min(turn, events.size() - 1)]) writer->Write(event);
    return ends[std::min(turn, ends.size() - 1)];
  }

  grpc::Status DownloadAsset(grpc::ServerContext*, const v1::DownloadAssetRequest* request,
                             grpc::ServerWriter<v1::DownloadAssetResponse>* writer) override {
    for (const char* chunk : {"bytes of ", request->name().c_str()}) {
      v1::DownloadAssetResponse response;
      response.set_chunk(chunk);
      writer->Write(response);
    }
    return grpc::Status::OK;
  }

  grpc::Status UploadAsset(grpc::ServerContext*, grpc::ServerReader<v1::UploadAssetRequest>* reader,
                           v1::Asset* asset) override {
    v1::UploadAssetRequest request;
    while (reader->Read(&request)) {
      largest_chunk = std::max(largest_chunk, request.chunk().size());
      uploaded += request.chunk();
    }
    asset->set_size_bytes(static_cast<int64_t>(uploaded.size()));
    return grpc::Status::OK;
  }

  std::vector<std::vector<v1::WatchJobResponse>> events;
  std::vector<grpc::Status> ends;
  std::vector<int64_t> cursors;
  std::string tenant;
  v1::JobSpec submitted;
  std::atomic<int> watches = 0;
  std::atomic<int> cancels = 0;
  std::string request_id;
  std::string uploaded;
  size_t largest_chunk = 0;
};

/// The scripted server and a client of it that re-attaches without waiting.
struct Fixture {
  explicit Fixture(std::chrono::milliseconds reattach_for = 10s) {
    auto started = rpc::Server::Start({}, {static_cast<v1::JobService::Service*>(&service),
                                           static_cast<v1::AssetService::Service*>(&service)});
    REQUIRE(started.has_value());
    server = std::move(*started);
    ClientOptions options;
    options.server = "127.0.0.1:" + std::to_string(server->port());
    options.first_reattach_pause = 1ms;
    options.longest_reattach_pause = 5ms;
    options.reattach_for = reattach_for;
    client.emplace(options);
  }

  ScriptedServer service;
  std::unique_ptr<rpc::Server> server;
  std::optional<Client> client;
};

const grpc::Status kGone(grpc::StatusCode::UNAVAILABLE, "draining");

}  // namespace

TEST_CASE("A watch whose stream is lost is taken up again and sees the job's end", "[client]") {
  Fixture fixture;
  fixture.service.events = {{EventOf(v1::JOB_STATE_RUNNING, 3)},
                            {},
                            {EventOf(v1::JOB_STATE_RUNNING, 5), EventOf(v1::JOB_STATE_SUCCEEDED)}};
  fixture.service.ends = {kGone, grpc::Status::OK};
  std::vector<int> steps;
  const auto job = fixture.client->Watch("jobs/a", [&](const v1::Job& seen) {
    if (seen.state() == v1::JOB_STATE_RUNNING) steps.push_back(seen.progress().step());
    return true;
  });
  REQUIRE(job.has_value());
  CHECK(job->state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(steps == std::vector<int>{3, 5});
  CHECK(fixture.service.watches == 3);
}

TEST_CASE("A watch that is taken up again asks for what is newer than it saw", "[client]") {
  Fixture fixture;
  fixture.service.events = {
      {EventOf(v1::JOB_STATE_QUEUED, 0, 4096), EventOf(v1::JOB_STATE_RUNNING, 1, 8193)},
      {},
      {EventOf(v1::JOB_STATE_RUNNING, 2, 8197)},
      {EventOf(v1::JOB_STATE_SUCCEEDED, 0, 12288)}};
  const grpc::Status broken(grpc::StatusCode::UNKNOWN, "Stream removed");
  fixture.service.ends = {kGone, broken, broken, grpc::Status::OK};
  REQUIRE(fixture.client->Watch("jobs/a").has_value());
  CHECK(fixture.service.cursors == std::vector<int64_t>{0, 8193, 8193, 8197});
}

TEST_CASE("What only keeps a watch open is not told", "[client]") {
  Fixture fixture;
  const auto running = EventOf(v1::JOB_STATE_RUNNING, 1, 8193);
  auto moved = EventOf(v1::JOB_STATE_QUEUED, 0, 4096);
  moved.mutable_job()->set_queue_position(3);
  fixture.service.events = {{moved, moved, EventOf(v1::JOB_STATE_QUEUED, 0, 4096), running, running,
                             EventOf(v1::JOB_STATE_SUCCEEDED, 0, 12288)}};
  fixture.service.ends = {grpc::Status::OK};
  int told = 0;
  REQUIRE(fixture.client->Watch("jobs/a", [&](const v1::Job&) { return ++told > 0; }).has_value());
  CHECK(told == 4);
}

TEST_CASE("A tenant and the terms of waiting reach the server", "[client]") {
  Fixture fixture;
  fixture.service.events = {{EventOf(v1::JOB_STATE_SUCCEEDED)}};
  fixture.service.ends = {grpc::Status::OK};
  ClientOptions options = fixture.client->options();
  options.tenant = "studio-1";
  Client client(options);
  v1::JobSpec spec;
  spec.mutable_synthesis()->set_steps(3);
  spec.set_priority(-2);
  spec.mutable_queue_ttl()->set_seconds(90);
  REQUIRE(client.Synthesize(spec).has_value());
  CHECK(fixture.service.tenant == "studio-1");
  CHECK(fixture.service.submitted.priority() == -2);
  CHECK(fixture.service.submitted.queue_ttl().seconds() == 90);
  CHECK(fixture.service.submitted.synthesis().steps() == 3);
}

TEST_CASE("A watch of a job that is not there is not tried again", "[client]") {
  Fixture fixture;
  fixture.service.events = {{}};
  fixture.service.ends = {
      rpc::ToGrpc(Error{Code::kNotFound, "NO_SUCH_JOB", "there is no jobs/a", ""})};
  const auto job = fixture.client->Watch("jobs/a");
  REQUIRE_FALSE(job.has_value());
  CHECK(job.error().code == Code::kNotFound);
  CHECK(job.error().reason == "NO_SUCH_JOB");
  CHECK(fixture.service.watches == 1);
}

TEST_CASE("A server that never comes back ends the watch with UNAVAILABLE", "[client]") {
  Fixture fixture(500ms);  // on a machine busy elsewhere the first try alone may take 50
  fixture.service.events = {{}};
  fixture.service.ends = {kGone};
  const auto job = fixture.client->Watch("jobs/a");
  REQUIRE_FALSE(job.has_value());
  CHECK(job.error().code == Code::kUnavailable);
  CHECK(fixture.service.watches > 1);
}

TEST_CASE("A synthesis whose job fails gives the job's own reason", "[client]") {
  Fixture fixture;
  auto failed = EventOf(v1::JOB_STATE_FAILED);
  failed.mutable_job()->set_error_reason("WORKER_LOST");
  failed.mutable_job()->set_error_message("the worker was lost 3 times");
  fixture.service.events = {{failed}};
  fixture.service.ends = {grpc::Status::OK};
  const auto done = fixture.client->Synthesize(v1::SynthesisSpec());
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == Code::kAborted);
  CHECK(done.error().reason == "WORKER_LOST");
  CHECK(done.error().message == "jobs/a failed: the worker was lost 3 times");
  // Drawn by the client, so that a repeated submit would be one job.
  CHECK(fixture.service.request_id.size() == 26);
}

TEST_CASE("A callback that says stop cancels the job once and the watch goes on to its end",
          "[client]") {
  Fixture fixture;
  fixture.service.events = {{EventOf(v1::JOB_STATE_RUNNING, 1), EventOf(v1::JOB_STATE_RUNNING, 2),
                             EventOf(v1::JOB_STATE_CANCELLED)}};
  fixture.service.ends = {grpc::Status::OK};
  const auto done =
      fixture.client->Synthesize(v1::SynthesisSpec(), "", [](const v1::Job&) { return false; });
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == Code::kCancelled);
  CHECK(fixture.service.cancels == 1);
}

TEST_CASE("A synthesis brings every picture's bytes in the job's order", "[client]") {
  Fixture fixture;
  auto succeeded = EventOf(v1::JOB_STATE_SUCCEEDED);
  for (const char* name : {"assets/1", "assets/2"}) {
    succeeded.mutable_job()->add_images()->set_asset(name);
  }
  fixture.service.events = {{succeeded}};
  fixture.service.ends = {grpc::Status::OK};
  const auto done = fixture.client->Synthesize(v1::SynthesisSpec());
  REQUIRE(done.has_value());
  CHECK(done->pngs == std::vector<std::string>{"bytes of assets/1", "bytes of assets/2"});
}

TEST_CASE("A large upload goes in messages the server takes and arrives whole", "[client]") {
  Fixture fixture;
  std::string bytes(3'000'001, 'x');
  bytes.back() = 'y';
  const auto asset = fixture.client->Upload(bytes);
  REQUIRE(asset.has_value());
  CHECK(fixture.service.uploaded == bytes);
  CHECK(fixture.service.largest_chunk <= size_t{1} << 20);
}

TEST_CASE("A server that is not there is UNAVAILABLE, at once", "[client]") {
  ClientOptions options;
  options.server = "127.0.0.1:1";
  Client client(options);
  const auto models = client.ListModels();
  REQUIRE_FALSE(models.has_value());
  CHECK(models.error().code == Code::kUnavailable);
}

}  // namespace atelier::client
