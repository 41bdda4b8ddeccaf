// What a client does while its server drains, is away, or lacks a service that it needs.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "atelier/v1/job.grpc.pb.h"
#include "atelier/v1/model.grpc.pb.h"
#include "atelier/v1/pose.grpc.pb.h"
#include "client/client.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace atelier::client {
namespace {

using namespace std::chrono_literals;

/// Refuses the first `refusals` calls as a draining server does.
class DrainingServer : public v1::JobService::Service,
                       public v1::ModelService::Service,
                       public v1::PoseService::Service {
 public:
  grpc::Status SubmitJob(grpc::ServerContext*, const v1::SubmitJobRequest* request,
                         v1::Job* job) override {
    request_ids.push_back(request->request_id());
    job->set_name("jobs/a");
    return Answer();
  }
  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                          v1::ListModelsResponse*) override {
    return Answer();
  }
  grpc::Status EstimatePose(grpc::ServerContext*, const v1::EstimatePoseRequest*,
                            v1::EstimatePoseResponse*) override {
    const grpc::Status refused(grpc::StatusCode::UNAVAILABLE, "Connection refused");
    return rpc::ToGrpc(Status(Unexpected(rpc::FromGrpc(refused, "the pose service"))));
  }

  int refusals = 0;
  std::atomic<int> calls = 0;
  std::vector<std::string> request_ids;

 private:
  grpc::Status Answer() {
    if (calls++ >= refusals) return grpc::Status::OK;
    return rpc::ToGrpc(Error{Code::kUnavailable, "DRAINING", "the server is draining", ""}, 1ms);
  }
};

struct Fixture {
  Fixture() {
    auto started = rpc::Server::Start({}, {static_cast<v1::JobService::Service*>(&service),
                                           static_cast<v1::ModelService::Service*>(&service),
                                           static_cast<v1::PoseService::Service*>(&service)});
    REQUIRE(started.has_value());
    server = std::move(*started);
    options.server = "127.0.0.1:" + std::to_string(server->port());
    options.first_reattach_pause = 1ms;
    options.longest_reattach_pause = 5ms;
    options.reattach_for = 30s;
    options.on_away = [this](const Error& error) { told.push_back(error.reason); };
    options.on_back = [this] { told.push_back("back"); };
  }

  DrainingServer service;
  std::unique_ptr<rpc::Server> server;
  ClientOptions options;
  std::vector<std::string> told;
};

}  // namespace

TEST_CASE("A submit waits while the server drains, as one request, and says so once", "[client]") {
  Fixture fixture;
  fixture.service.refusals = 3;
  const auto job = Client(fixture.options).Submit(v1::JobSpec());
  REQUIRE(job.has_value());
  CHECK(job->name() == "jobs/a");
  CHECK(fixture.service.calls == 4);
  for (const std::string& id : fixture.service.request_ids) {
    CHECK(id == fixture.service.request_ids.front());
  }
  CHECK(fixture.told == std::vector<std::string>{"DRAINING", "back"});
}

TEST_CASE("A question does not wait for a server unless it is told to", "[client]") {
  Fixture fixture;
  fixture.service.refusals = 2;
  CHECK(Client(fixture.options).ListModels().error().reason == "DRAINING");
  CHECK(fixture.told.empty());
  fixture.options.wait_for_server = 30s;
  CHECK(Client(fixture.options).ListModels().has_value());
}

TEST_CASE("A wait for a server ends when the caller no longer waits, or its time is over",
          "[client]") {
  Fixture fixture;
  fixture.service.refusals = 1'000'000;
  fixture.options.keep_waiting = [&] { return fixture.service.calls < 3; };
  CHECK(Client(fixture.options).Submit(v1::JobSpec()).error().reason == "DRAINING");
  CHECK(fixture.service.calls == 3);

  fixture.options.keep_waiting = {};
  fixture.options.reattach_for = 50ms;
  CHECK(Client(fixture.options).Submit(v1::JobSpec()).error().code == Code::kUnavailable);
}

TEST_CASE("A server that is not there is named, one that lacks its pose service is not",
          "[client]") {
  Fixture fixture;
  v1::Picture picture;
  const auto pose = Client(fixture.options).EstimatePose(picture);
  REQUIRE_FALSE(pose.has_value());
  CHECK(pose.error().code == Code::kUnavailable);
  CHECK(pose.error().reason == "SERVICE_AWAY");
  CHECK(pose.error().message == "the pose service is away: Connection refused");

  ClientOptions options;
  options.server = "127.0.0.1:1";
  const auto models = Client(options).ListModels();
  REQUIRE_FALSE(models.has_value());
  CHECK(models.error().message.starts_with("the server at 127.0.0.1:1 is away"));
}

}  // namespace atelier::client
