// What KEDA is told, asked over gRPC as KEDA does.
#include "server/scaling/external_scaler.h"

#include <map>
#include <string>
#include <vector>

#include "rpc/server.h"
#include "support/eventually.h"
#include "unit/server/backend.h"

namespace atelier::server {
namespace {

using std::chrono::seconds;

constexpr char kQuick[] = "models/quick";
constexpr char kSlow[] = "models/slow";

struct Scaled : Backend {
  Scaled() { REQUIRE(workers.Register("w", {MakeModel(kQuick), MakeModel(kSlow)}).has_value()); }

  void Add(const std::string& model, int count = 1) {
    for (int i = 0; i < count; ++i) {
      JobRecord job;
      job.id = "job-" + std::to_string(next_id++);
      job.model = model;
      job.batch_key = model;
      job.pixels = 1'000'000;
      job.step_pixels = 20'000'000;
      REQUIRE(queue.Submit(job).has_value());
    }
  }
  JobRecord Take() {
    const std::vector<JobRecord> jobs = Lease();
    REQUIRE(jobs.size() == 1);
    return jobs.front();
  }
  void Complete(const JobRecord& job) {
    REQUIRE(dispatcher.Complete(job.id, job.lease->token, {}).has_value());
  }
  /// A worker paints one job of `model` in `time`.
  void Measure(const std::string& model, seconds time) {
    Add(model);
    const JobRecord job = Take();
    clock.Advance(time);
    Complete(job);
  }

  Lifecycle lifecycle;
  Callers callers;
  ExternalScaler scaler{queue, lifecycle, callers};
  std::unique_ptr<rpc::Server> server = *rpc::Server::Start({}, {&scaler});
  std::unique_ptr<externalscaler::ExternalScaler::Stub> stub =
      externalscaler::ExternalScaler::NewStub(
          rpc::Connect("127.0.0.1:" + std::to_string(server->port())));
  int next_id = 0;
};

externalscaler::ScaledObjectRef Object(const std::map<std::string, std::string>& metadata) {
  externalscaler::ScaledObjectRef object;
  object.set_name("atelier-generation-mini");
  object.set_namespace_("atelier");
  for (const auto& [key, value] : metadata) (*object.mutable_scalermetadata())[key] = value;
  return object;
}

bool Active(Scaled& studio, const std::string& model) {
  grpc::ClientContext context;
  externalscaler::IsActiveResponse response;
  REQUIRE(studio.stub->IsActive(&context, Object({{"model", model}}), &response).ok());
  return response.result();
}

externalscaler::MetricValue Value(Scaled& studio,
                                  const std::map<std::string, std::string>& metadata) {
  grpc::ClientContext context;
  externalscaler::GetMetricsRequest request;
  *request.mutable_scaledobjectref() = Object(metadata);
  request.set_metricname("s0-queued-seconds");
  externalscaler::GetMetricsResponse response;
  REQUIRE(studio.stub->GetMetrics(&context, request, &response).ok());
  REQUIRE(response.metricvalues_size() == 1);
  CHECK(response.metricvalues(0).metricname() == "queued-seconds");
  return response.metricvalues(0);
}

double QueuedSeconds(Scaled& studio, const std::string& model) {
  return Value(studio, {{"model", model}}).metricvaluefloat();
}

}  // namespace

TEST_CASE("Queued work is told by model, in seconds that its jobs took: 0, 1 and 50 of two models",
          "[scaling]") {
  Scaled studio;
  studio.Measure(kQuick, seconds(2));
  studio.Measure(kSlow, seconds(40));
  for (const char* model : {kQuick, kSlow}) {
    CHECK_FALSE(Active(studio, model));
    CHECK(QueuedSeconds(studio, model) == 0);
  }
  studio.Add(kQuick);
  CHECK(Active(studio, kQuick));
  CHECK_FALSE(Active(studio, kSlow));
  CHECK(QueuedSeconds(studio, kQuick) == Approx(2));
  CHECK(QueuedSeconds(studio, kSlow) == 0);

  studio.Add(kQuick, 49);
  studio.Add(kSlow, 50);
  CHECK(QueuedSeconds(studio, kQuick) == Approx(100));
  CHECK(QueuedSeconds(studio, kSlow) == Approx(2000));
  CHECK(Value(studio, {{"model", kSlow}}).metricvalue() == 2000);
}

TEST_CASE("While a model was not measured its jobs count what the trigger says", "[scaling]") {
  Scaled studio;
  studio.Add(kQuick, 50);
  CHECK(QueuedSeconds(studio, kQuick) == 50 * 30);
  CHECK(Value(studio, {{"model", kQuick}, {"unmeasuredJobSeconds", "1.5"}}).metricvaluefloat() ==
        75);
}

TEST_CASE("A running job keeps its worker, and asks for no other", "[scaling]") {
  Scaled studio;
  studio.Add(kQuick);
  const JobRecord job = studio.Take();
  CHECK(Active(studio, kQuick));
  CHECK(QueuedSeconds(studio, kQuick) == 0);
  studio.Complete(job);
  CHECK_FALSE(Active(studio, kQuick));
}

TEST_CASE("The target is the trigger's, or a minute", "[scaling]") {
  Scaled studio;
  const auto target = [&](const std::map<std::string, std::string>& metadata) {
    grpc::ClientContext context;
    externalscaler::GetMetricSpecResponse response;
    REQUIRE(studio.stub->GetMetricSpec(&context, Object(metadata), &response).ok());
    REQUIRE(response.metricspecs_size() == 1);
    CHECK(response.metricspecs(0).metricname() == "queued-seconds");
    return response.metricspecs(0);
  };
  CHECK(target({{"model", kQuick}}).targetsizefloat() == 60);
  CHECK(target({{"model", kQuick}, {"targetSeconds", "7.5"}}).targetsizefloat() == 7.5);
  CHECK(target({{"model", kQuick}, {"targetSeconds", "7.5"}}).targetsize() == 8);
}

TEST_CASE("A trigger that says nothing that can be asked is refused by the entry's name",
          "[scaling]") {
  Scaled studio;
  const std::vector<std::pair<std::string, std::map<std::string, std::string>>> wrong = {
      {"model", {}},
      {"model", {{"model", "quick"}}},
      {"model", {{"model", "models/"}}},
      {"targetSeconds", {{"model", kQuick}, {"targetSeconds", "0"}}},
      {"targetSeconds", {{"model", kQuick}, {"targetSeconds", "1m"}}},
      {"targetSeconds", {{"model", kQuick}, {"targetSeconds", "inf"}}},
      {"unmeasuredJobSeconds", {{"model", kQuick}, {"unmeasuredJobSeconds", "-1"}}}};
  for (const auto& [entry, metadata] : wrong) {
    INFO(entry);
    grpc::ClientContext context;
    externalscaler::IsActiveResponse response;
    const grpc::Status status = studio.stub->IsActive(&context, Object(metadata), &response);
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK_THAT(status.error_message(), Catch::Contains("scalerMetadata." + entry));
  }
}

TEST_CASE("A stream tells at once when the first job comes and when the last has ended",
          "[scaling]") {
  Scaled studio;
  grpc::ClientContext context;
  const auto reader = studio.stub->StreamIsActive(&context, Object({{"model", kQuick}}));
  externalscaler::IsActiveResponse response;
  REQUIRE(reader->Read(&response));
  CHECK_FALSE(response.result());
  studio.Add(kSlow);  // Another's work changes nothing.
  studio.Add(kQuick);
  REQUIRE(reader->Read(&response));
  CHECK(response.result());
  for (int i = 0; i < 2; ++i) studio.Complete(studio.Take());
  REQUIRE(reader->Read(&response));
  CHECK_FALSE(response.result());
  studio.lifecycle.Drain();
  CHECK_FALSE(reader->Read(&response));
  CHECK(reader->Finish().error_code() == grpc::StatusCode::UNAVAILABLE);
}

}  // namespace atelier::server
