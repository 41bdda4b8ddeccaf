// What the processes show of themselves: metrics, health, reflection.
#include <google/protobuf/empty.pb.h>
#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "integration/studio.h"
#include "integration/test_pictures.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

// Fields of grpc/reflection/v1alpha/reflection.proto and grpc/health/v1/health.proto, whose client
// code Debian does not package: read and written as unknown fields of an empty message.
constexpr int kFileContainingSymbol = 4;
constexpr int kFileDescriptors = 4;
constexpr int kListServices = 7;
constexpr int kListServicesResponse = 6;
constexpr int kService = 1;
constexpr int kServiceName = 1;
constexpr int kHealthStatus = 1;
constexpr uint64_t kServing = 1;

using google::protobuf::Empty;
using google::protobuf::UnknownFieldSet;
using Stub = grpc::TemplatedGenericStub<Empty, Empty>;

const UnknownFieldSet& FieldsOf(const Empty& message) {
  return message.GetReflection()->GetUnknownFields(message);
}

std::vector<Empty> Submessages(const Empty& message, int number) {
  const UnknownFieldSet& fields = FieldsOf(message);
  std::vector<Empty> found;
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() != number) continue;
    found.emplace_back().ParseFromString(fields.field(i).length_delimited());
  }
  return found;
}

/// What the server's reflection answers to one request: `field` set to `text`.
Empty AskReflection(const std::string& address, int field, const std::string& text) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  Stub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::CompletionQueue queue;
  const auto done = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  const auto stream = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  stream->StartCall(nullptr);
  REQUIRE(done());
  Empty request;
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(field, text);
  stream->Write(request, nullptr);
  REQUIRE(done());
  Empty response;
  stream->Read(&response, nullptr);
  REQUIRE(done());

  context.TryCancel();
  grpc::Status status;
  stream->Finish(&status, nullptr);
  done();
  return response;
}

/// The names that the server's reflection lists.
std::vector<std::string> ListServices(const std::string& address) {
  const Empty response = AskReflection(address, kListServices, "*");
  std::vector<std::string> names;
  for (const Empty& list : Submessages(response, kListServicesResponse)) {
    for (const Empty& service : Submessages(list, kService)) {
      const UnknownFieldSet& fields = FieldsOf(service);
      for (int i = 0; i < fields.field_count(); ++i) {
        if (fields.field(i).number() != kServiceName) continue;
        names.push_back(fields.field(i).length_delimited());
      }
    }
  }
  return names;
}

/// grpc.health.v1's status of the whole server.
uint64_t HealthOf(const std::string& address) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  Stub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::CompletionQueue queue;
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", Empty(), &queue);
  call->StartCall();
  Empty response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!status.ok() || FieldsOf(response).empty()) return 0;
  const auto& field = FieldsOf(response).field(0);
  return field.number() == kHealthStatus ? field.varint() : 0;
}

}  // namespace

TEST_CASE("The metrics pages count what happened and no more", "[integration]") {
  Studio studio;
  studio.StartAll();
  REQUIRE(studio.client().Synthesize(PersonSpec(5)).has_value());
  REQUIRE(studio.client().Synthesize(PersonSpec(5)).has_value());

  const std::string server = studio.ServerMetrics();
  INFO(server);
  CHECK(MetricValue(server, "atelier_queue_depth") == 0);
  CHECK(MetricValue(server, "atelier_running_jobs") == 0);
  CHECK(MetricValue(server, "atelier_jobs_submitted_total") == 2);
  CHECK(MetricValue(server, "atelier_jobs_finished_total{outcome=\"succeeded\"}") == 2);
  CHECK(MetricValue(server, "atelier_job_duration_seconds_count") == 2);
  const std::string model = "{model=\"models/" + ReadTinyModelFacts().name + "\"}";
  CHECK(MetricValue(server, "atelier_workers" + model) == 1);
  CHECK(MetricValue(server, "atelier_queued_jobs" + model) == 0);
  CHECK(MetricValue(server, "atelier_data_disk_free_bytes") > 0);

  const std::string worker = studio.GenerationMetrics();
  INFO(worker);
  CHECK(MetricValue(worker, "atelier_step_duration_seconds_count") == 10);
  CHECK(MetricValue(worker, "atelier_batch_size_count") == 2);
  CHECK(MetricValue(worker, "atelier_batch_size_sum") == 2);
  CHECK(MetricValue(worker, "atelier_prepare_duration_seconds_count") == 2);
  CHECK(MetricValue(worker, "process_resident_memory_bytes") > 1e6);
  // On a CPU there is no GPU to tell of.
  CHECK(MetricValue(worker, "atelier_gpu_memory_size_bytes") == -1);
}

TEST_CASE("Reflection lists every public service and health says it serves", "[integration]") {
  Studio studio;
  studio.StartServer();
  const auto names = ListServices(studio.server_address());
  for (const char* name :
       {"atelier.v1.SynthesisService", "atelier.v1.JobService", "atelier.v1.AssetService",
        "atelier.v1.ModelService", "atelier.v1.PoseService", "atelier.v1.RegionService",
        "atelier.v1.TokenService", "atelier.v1.TenantService", "externalscaler.ExternalScaler",
        "grpc.health.v1.Health"}) {
    INFO(name);
    CHECK(std::count(names.begin(), names.end(), name) == 1);
    // What it lists it can describe: tools like grpcurl call by description.
    const Empty described = AskReflection(studio.server_address(), kFileContainingSymbol, name);
    CHECK(Submessages(described, kFileDescriptors).size() == 1);
  }
  // Those have a listener of their own.
  for (const char* name : {"atelier.v1.DispatchService", "atelier.v1.WorkerAssetService"}) {
    CHECK(std::count(names.begin(), names.end(), name) == 0);
  }
  CHECK(HealthOf(studio.server_address()) == kServing);
}

TEST_CASE("One trace leads through the logs of all four processes", "[integration]") {
  // The processes inherit it; debug shows each served call.
  ::setenv("ATELIER_LOG_LEVEL", "debug", 1);
  Studio studio;
  studio.StartAll();
  ::unsetenv("ATELIER_LOG_LEVEL");
  client::ClientOptions options = studio.client().options();
  options.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  REQUIRE(client::Client(options).Synthesize(PersonSpec(6)).has_value());
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  for (Process* process :
       {&studio.server(), &studio.generation(), &studio.pose(), &studio.region()}) {
    // A call's line is written when it has ended, which its caller learns a little earlier.
    const bool traced =
        Eventually([&] { return process->Stderr().find(trace) != std::string::npos; });
    INFO(process->Stderr());
    CHECK(traced);
  }
}

TEST_CASE("A worker's models are listed while it lives", "[integration]") {
  Studio studio;
  studio.StartServer();
  REQUIRE(studio.client().ListModels().has_value());
  CHECK(studio.client().ListModels()->empty());
  studio.StartPose();
  studio.StartRegion();
  studio.StartGeneration();
  // It says that it listens before it has told the server what it holds.
  auto models = studio.client().ListModels();
  Eventually([&] {
    models = studio.client().ListModels();
    return models.has_value() && !models->empty();
  });
  REQUIRE(models.has_value());
  REQUIRE(models->size() == 1);
  CHECK(models->front().name() == "models/" + ReadTinyModelFacts().name);
  CHECK(models->front().pipeline() == "mcld");
  CHECK(models->front().default_steps() == 4);
}

}  // namespace atelier::testing
