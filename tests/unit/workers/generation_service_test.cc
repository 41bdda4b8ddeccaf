// GenerationService over gRPC, with an executor that the test plays.
#include "generation/generation_service.h"

#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "event_log.h"
#include "imaging/picture_codec.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace atelier::generation {
namespace {

std::string Png(int height, int width) {
  return imaging::EncodePng(Image(height, width, 3, 7)).value();
}

/// Paints `steps` steps, then a picture a seed. Logs "prepare", "step 1", "stopped", "painted".
class ScriptedExecutor : public runtime::BatchExecutor {
 public:
  explicit ScriptedExecutor(EventLog& log) : log_(log) {}

  int steps = 3;
  int pictures = 1;
  std::vector<Warning> warnings;
  std::function<void(std::stop_token)> during_prepare = [](std::stop_token) {};
  std::function<void(int)> after_step = [](int) {};

  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob&,
                                                        std::stop_token stop) override {
    log_.Add("prepare");
    during_prepare(stop);
    if (stop.stop_requested()) return MakeError(Code::kCancelled, "CANCELLED", "stopped");
    auto prepared = std::make_unique<runtime::PreparedJob>();
    prepared->warnings = warnings;
    return prepared;
  }
  void Paint(std::span<runtime::PreparedJob* const>, runtime::BatchEvents& events) override {
    for (int step = 1; step <= steps; ++step) {
      if (!events.Wanted(0)) {
        log_.Add("stopped");
        return events.OnEnd(0, MakeError(Code::kCancelled, "CANCELLED", "stopped"));
      }
      v1::JobProgress progress;
      progress.set_step(step);
      progress.set_steps(steps);
      events.OnProgress(0, progress);
      log_.Add("step " + std::to_string(step));
      after_step(step);
    }
    for (int i = 0; i < pictures; ++i) {
      events.OnPicture(0, static_cast<size_t>(i), {Png(32, 24), static_cast<uint64_t>(i)});
    }
    log_.Add("painted");
    events.OnEnd(0, {});
  }

 private:
  EventLog& log_;
};

struct Fixture {
  Fixture() {
    request.mutable_spec()->mutable_source()->set_data(Png(64, 48));
    request.mutable_spec()->mutable_pose_picture()->set_data(Png(64, 48));
  }
  /// Reads the whole answer.
  grpc::Status Generate() {
    const auto reader = stub->Generate(&context, request);
    v1::GenerateResponse event;
    while (reader->Read(&event)) {
      if (event.has_warning()) {
        CHECK(steps.empty());
        warnings.push_back(event.warning());
      }
      if (event.has_progress()) steps.push_back(event.progress().step());
      if (event.has_image()) images.push_back(event.image());
    }
    return reader->Finish();
  }

  EventLog log;
  ScriptedExecutor executor{log};
  GenerationServiceImpl service{executor};
  std::unique_ptr<rpc::Server> server = std::move(rpc::Server::Start({}, {&service}).value());
  std::unique_ptr<v1::GenerationService::Stub> stub =
      v1::GenerationService::NewStub(rpc::Connect("127.0.0.1:" + std::to_string(server->port())));
  grpc::ClientContext context;
  v1::GenerateRequest request;
  std::vector<v1::Warning> warnings;
  std::vector<int> steps;
  std::vector<v1::PaintedImage> images;
};

}  // namespace

TEST_CASE("A direct call sees every step, then every picture with its size", "[generation]") {
  Fixture fixture;
  fixture.executor.pictures = 3;
  const grpc::Status status = fixture.Generate();
  INFO(status.error_message());
  REQUIRE(status.ok());
  CHECK(fixture.steps == std::vector<int>{1, 2, 3});
  REQUIRE(fixture.images.size() == 3);
  CHECK(fixture.images[2].seed() == 2);
  CHECK(fixture.images[2].height() == 32);
  CHECK(fixture.images[2].width() == 24);
  CHECK(fixture.images[2].data() == Png(32, 24));
}

TEST_CASE("A direct call gets what was found before its first step", "[generation]") {
  Fixture fixture;
  fixture.executor.warnings = {{"SEVERAL_PEOPLE", "source", "only one is painted", 2.0, 1.0},
                               {"PERSON_SMALL", "source", "the person is small", 40.0, 64.0}};
  fixture.request.add_strict("PERSON_CUT_OFF");
  REQUIRE(fixture.Generate().ok());
  REQUIRE(fixture.warnings.size() == 2);
  CHECK(fixture.warnings[0].reason() == "SEVERAL_PEOPLE");
  CHECK(fixture.warnings[1].value() == 40);
  CHECK(fixture.images.size() == 1);
}

TEST_CASE("A direct call that does not accept what was found gets it, and is not painted",
          "[generation]") {
  Fixture fixture;
  fixture.executor.warnings = {{"SEVERAL_PEOPLE", "source", "only one is painted", 2.0, 1.0}};
  fixture.request.add_strict("ALL");
  const Error error = rpc::FromGrpc(fixture.Generate());
  CHECK(error.code == Code::kFailedPrecondition);
  CHECK(error.reason == "SEVERAL_PEOPLE");
  CHECK(error.field == "spec.source");
  CHECK(fixture.warnings.size() == 1);
  CHECK_FALSE(fixture.log.Contains("step 1"));
}

TEST_CASE("A direct call that is cancelled stops within the step it was cancelled in",
          "[generation]") {
  Fixture fixture;
  fixture.executor.steps = 100;
  std::stop_source stopped;
  fixture.executor.after_step = [&](int step) {
    if (step != 2) return;
    fixture.context.TryCancel();
    // The step goes on until the service has noticed.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  };
  CHECK(fixture.Generate().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(fixture.log.WaitFor("stopped"));
  CHECK_FALSE(fixture.log.Contains("step 3"));
}

TEST_CASE("A direct call that is cancelled while it is prepared is prepared no further",
          "[generation]") {
  Fixture fixture;
  std::atomic<bool> asked_to_stop = false;
  fixture.executor.during_prepare = [&](std::stop_token stop) {
    fixture.context.TryCancel();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    asked_to_stop = stop.stop_requested();
    fixture.log.Add("prepared");
  };
  CHECK(fixture.Generate().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(fixture.log.WaitFor("prepared"));
  CHECK(asked_to_stop);
  fixture.server->Shutdown(std::chrono::seconds(10));
  CHECK_FALSE(fixture.log.Contains("step 1"));
}

TEST_CASE("A drain ends direct calls with UNAVAILABLE, running ones and new ones", "[generation]") {
  Fixture fixture;
  fixture.executor.steps = 100;
  fixture.executor.after_step = [&](int step) {
    if (step == 2) fixture.service.Drain();
  };
  grpc::Status status = fixture.Generate();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(rpc::FromGrpc(status).reason == "WORKER_DRAINING");
  CHECK_FALSE(fixture.log.Contains("step 3"));
  grpc::ClientContext context;
  v1::GenerateResponse event;
  const auto reader = fixture.stub->Generate(&context, fixture.request);
  while (reader->Read(&event)) {
  }
  CHECK(reader->Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("A direct call with an asset, an unknown field or reason names it and paints nothing",
          "[generation]") {
  Fixture fixture;
  SECTION("an asset") {
    fixture.request.mutable_spec()->mutable_source()->set_asset("assets/1234");
    const Error error = rpc::FromGrpc(fixture.Generate());
    CHECK(error.code == Code::kInvalidArgument);
    CHECK(error.field == "spec.source");
  }
  SECTION("an unknown field") {
    v1::SynthesisSpec& spec = *fixture.request.mutable_spec();
    spec.GetReflection()->MutableUnknownFields(&spec)->AddVarint(777, 1);
    const Error error = rpc::FromGrpc(fixture.Generate());
    CHECK(error.code == Code::kInvalidArgument);
    CHECK(error.field == "spec.777");
  }
  SECTION("a reason that is none") {
    fixture.request.add_strict("BAD_WEATHER");
    const Error error = rpc::FromGrpc(fixture.Generate());
    CHECK(error.code == Code::kInvalidArgument);
    CHECK(error.field == "strict");
  }
  CHECK_FALSE(fixture.log.Contains("prepare"));
}

}  // namespace atelier::generation
