// Calls that wait for a job: whose end ends the job, what they cost, and what they answer.
#include <catch2/catch.hpp>
#include <filesystem>
#include <future>

#include "digest/sha256.h"
#include "rpc/status.h"
#include "support/eventually.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

using grpc::StatusCode;
using testing::Eventually;

v1::SynthesizeRequest RequestOf(const std::string& request_id = "") {
  v1::SynthesizeRequest request;
  *request.mutable_spec() = MakeSpec().synthesis();
  request.set_request_id(request_id);
  return request;
}

/// A Synthesize on a thread of its own.
struct WaitingCall {
  WaitingCall(ServedBackend& backend, const v1::SynthesizeRequest& request) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    status = std::async(std::launch::async, [this, &backend, request] {
      return backend.synthesis->Synthesize(&context, request, &response);
    });
  }
  grpc::ClientContext context;
  v1::SynthesizeResponse response;
  std::future<grpc::Status> status;
};

std::vector<JobRecord> JobsOf(ServedBackend& backend) {
  return backend.store.List(100, 1000).value();
}

bool HasJob(ServedBackend& backend) {
  return Eventually([&] { return JobsOf(backend).size() == 1; });
}

/// Paints the job that the worker leased with these pictures.
void Complete(ServedBackend& backend, const JobRecord& job,
              const std::vector<std::string>& pictures) {
  const grpc::Status status = backend.CompleteWith("jobs/" + job.id, job.lease->token, pictures);
  REQUIRE(status.error_message() == "");
}

JobState StateOf(ServedBackend& backend) { return JobsOf(backend).at(0).state; }

int CountThreads() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

/// A pose service whose answers wait until they are let go.
class SlowPose : public v1::PoseService::Service {
 public:
  grpc::Status EstimatePose(grpc::ServerContext* context, const v1::EstimatePoseRequest*,
                            v1::EstimatePoseResponse*) override {
    ++calls;
    (void)Eventually([&] { return go || context->IsCancelled(); });
    return grpc::Status::OK;
  }
  std::atomic<int> calls = 0;
  std::atomic<bool> go = false;
};

/// Watches that nobody reads, on one completion queue.
class OpenWatches {
 public:
  OpenWatches(ServedBackend& backend, const std::string& job, int count) {
    v1::WatchJobRequest request;
    request.set_name(job);
    for (int i = 0; i < count; ++i) {
      contexts_.push_back(std::make_unique<grpc::ClientContext>());
      streams_.push_back(
          backend.jobs->AsyncWatchJob(contexts_.back().get(), request, &queue_, nullptr));
      events_.emplace_back(std::make_unique<v1::WatchJobResponse>());
    }
    for (int i = 0; i < count; ++i) REQUIRE(Next());
    for (int i = 0; i < count; ++i) streams_[i]->Read(events_[i].get(), nullptr);
    for (int i = 0; i < count; ++i) REQUIRE(Next());
  }
  ~OpenWatches() {
    for (const auto& context : contexts_) context->TryCancel();
    for (auto& stream : streams_) stream->Finish(&status_, nullptr);
    for (size_t i = 0; i < streams_.size(); ++i) Next();
    queue_.Shutdown();
    while (Next()) {
    }
  }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }
  grpc::CompletionQueue queue_;
  grpc::Status status_;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts_;
  std::vector<std::unique_ptr<grpc::ClientAsyncReader<v1::WatchJobResponse>>> streams_;
  std::vector<std::unique_ptr<v1::WatchJobResponse>> events_;
};

/// Whether one more call may wait for the job.
bool MayWait(ServedBackend& backend, const std::string& job) {
  grpc::ClientContext context;
  v1::WatchJobRequest request;
  request.set_name(job);
  v1::WatchJobResponse event;
  const auto watch = backend.jobs->WatchJob(&context, request);
  const bool told = watch->Read(&event);
  context.TryCancel();
  (void)watch->Finish();
  return told;
}

}  // namespace

TEST_CASE("A Synthesize that is cut off leaves the job of its request_id to the retry",
          "[waiting]") {
  ServedBackend backend;
  backend.RegisterWorker();
  WaitingCall first(backend, RequestOf("again"));
  REQUIRE(HasJob(backend));
  first.context.TryCancel();
  CHECK(first.status.get().error_code() == StatusCode::CANCELLED);
  WaitingCall retry(backend, RequestOf("again"));
  const JobRecord leased =
      backend.dispatcher.LeaseJobs("w", 1, std::chrono::seconds(30), [] { return Status(); })
          .value()
          .at(0);
  Complete(backend, leased, {PngBytes(64, 64, "painted")});
  const grpc::Status status = retry.status.get();
  CHECK(status.error_message() == "");
  REQUIRE(retry.response.images_size() == 1);
  CHECK(retry.response.images(0).data() == PngBytes(64, 64, "painted"));
  CHECK(JobsOf(backend).size() == 1);
}

TEST_CASE("A second caller on a request_id is not cancelled with the first", "[waiting]") {
  ServedBackend backend;
  backend.RegisterWorker();
  WaitingCall first(backend, RequestOf("both"));
  REQUIRE(HasJob(backend));
  WaitingCall second(backend, RequestOf("both"));
  REQUIRE(Eventually([&] { return backend.metrics.joined_submits.Value() == 1; }));
  const JobRecord leased = backend.Lease().at(0);
  first.context.TryCancel();
  CHECK(first.status.get().error_code() == StatusCode::CANCELLED);
  Complete(backend, leased, {PngBytes(64, 64, "painted")});
  CHECK(second.status.get().error_message() == "");
}

TEST_CASE("A job without a request_id ends with its caller, unless somebody watches it",
          "[waiting]") {
  ServedBackend backend({}, {}, 2);
  WaitingCall call(backend, RequestOf());
  REQUIRE(HasJob(backend));
  const std::string name = "jobs/" + JobsOf(backend).at(0).id;
  SECTION("nobody watches") {
    call.context.TryCancel();
    CHECK(Eventually([&] { return StateOf(backend) == JobState::kCancelled; }));
  }
  SECTION("somebody watches") {
    const OpenWatches watch(backend, name, 1);
    call.context.TryCancel();
    CHECK(call.status.get().error_code() == StatusCode::CANCELLED);
    // The call's place is free when nothing of it is left to do.
    CHECK(Eventually([&] { return MayWait(backend, name); }));
    CHECK(StateOf(backend) == JobState::kQueued);
  }
}

TEST_CASE("A server that stops cancels nobody's job", "[waiting]") {
  ServedBackend backend;
  WaitingCall call(backend, RequestOf());
  REQUIRE(HasJob(backend));
  backend.lifecycle.Drain();
  CHECK(call.status.get().error_code() == StatusCode::UNAVAILABLE);
  backend.lifecycle.Stop();
  backend.server->Shutdown(std::chrono::milliseconds(0));
  CHECK(StateOf(backend) == JobState::kQueued);
}

TEST_CASE("A caller that is gone is noticed within a second while steps come without a pause",
          "[waiting]") {
  ServedBackend backend;
  backend.RegisterWorker();
  WaitingCall call(backend, RequestOf());
  REQUIRE(HasJob(backend));
  const JobRecord leased = backend.Lease().at(0);
  std::atomic<bool> over = false;
  std::thread worker([&] {
    v1::JobProgress progress;
    progress.set_steps(1'000'000'000);
    for (int step = 1; !over; ++step) {
      progress.set_step(step);
      backend.queue.Progress(leased.id, progress);
    }
  });
  call.context.TryCancel();
  const bool noticed = Eventually([&] { return backend.queue.feed().CancelRequested(leased.id); },
                                  std::chrono::seconds(1));
  over = true;
  worker.join();
  CHECK(noticed);
}

TEST_CASE("Pictures that a default client could not take come as names, and the call succeeds",
          "[waiting]") {
  ServedBackend backend;
  backend.RegisterWorker();
  v1::SynthesizeRequest request = RequestOf("large");
  request.mutable_spec()->set_image_count(8);
  request.mutable_spec()->set_seed(1);
  std::vector<std::string> pictures;
  for (int i = 0; i < 8; ++i) {
    pictures.push_back(PngBytes(64, 64, std::string(800'000, static_cast<char>('a' + i))));
  }
  WaitingCall call(backend, request);
  REQUIRE(HasJob(backend));
  Complete(backend, backend.Lease().at(0), pictures);
  CHECK(call.status.get().error_message() == "");
  CHECK(call.response.ByteSizeLong() < 4 << 20);
  REQUIRE(call.response.images_size() == 8);
  for (int i = 0; i < 8; ++i) {
    INFO(i);
    CHECK(call.response.images(i).data() == (i < 3 ? pictures[i] : ""));
    CHECK(call.response.images(i).asset() == AssetName(Sha256Hex(pictures[i])));
  }

  request.set_max_inline_bytes(0);
  WaitingCall names(backend, request);
  CHECK(names.status.get().error_message() == "");
  CHECK(names.response.images(0).data().empty());
  request.set_max_inline_bytes(64 << 20);
  WaitingCall all(backend, request);
  CHECK(all.status.get().error_message() == "");
  CHECK(all.response.images(7).data() == pictures[7]);
  request.set_max_inline_bytes((64 << 20) + 1);
  WaitingCall too_much(backend, request);
  CHECK(rpc::FromGrpc(too_much.status.get()).field == "max_inline_bytes");
}

TEST_CASE("Three hundred watchers have no threads, and short calls are answered beside them",
          "[waiting]") {
  ServedBackend backend;
  const auto job = backend.Submit(MakeSpec());
  REQUIRE(job.has_value());
  const OpenWatches one(backend, "jobs/" + job->id, 1);
  const int before = CountThreads();
  const OpenWatches many(backend, "jobs/" + job->id, 300);
  CHECK(CountThreads() - before <= 16);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::GetJobRequest get;
  get.set_name("jobs/" + job->id);
  v1::Job response;
  CHECK(backend.jobs->GetJob(&context, get, &response).ok());
}

TEST_CASE("One waiting call too many is refused with a delay, before anything is queued",
          "[waiting]") {
  ServedBackend backend({}, {}, 2);
  const auto job = backend.Submit(MakeSpec());
  REQUIRE(job.has_value());
  {
    const OpenWatches watches(backend, "jobs/" + job->id, 2);
    grpc::ClientContext context;
    v1::SynthesizeResponse response;
    const grpc::Status status = backend.synthesis->Synthesize(&context, RequestOf(), &response);
    CHECK(status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
    CHECK(rpc::FromGrpc(status).reason == "TOO_MANY_WAITING");
    CHECK(rpc::RetryAfter(status).has_value());
    CHECK(JobsOf(backend).size() == 1);
  }
  // Their places are free again.
  CHECK(Eventually([&] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
    v1::SynthesizeResponse response;
    return backend.synthesis->Synthesize(&context, RequestOf(), &response).error_code() ==
           StatusCode::DEADLINE_EXCEEDED;
  }));
}

TEST_CASE("Calls that wait for the pose service leave threads to others", "[waiting]") {
  SlowPose pose;
  const auto worker = rpc::Server::Start({}, {&pose});
  REQUIRE(worker.has_value());
  Backend backend;
  const Callers callers(nullptr);
  PoseForwarder forwarder(rpc::Connect("127.0.0.1:" + std::to_string((*worker)->port())),
                          *backend.blobs, backend.store, callers);
  const auto front = rpc::Server::Start({}, {&forwarder});
  REQUIRE(front.has_value());
  const auto stub =
      v1::PoseService::NewStub(rpc::Connect("127.0.0.1:" + std::to_string((*front)->port())));
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_data(PngBytes(64, 64, "person"));
  const auto call = [&] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::EstimatePoseResponse response;
    return stub->EstimatePose(&context, request, &response);
  };
  std::vector<std::future<grpc::Status>> waiting;
  for (int i = 0; i < kMaxForwards; ++i) waiting.push_back(std::async(std::launch::async, call));
  REQUIRE(Eventually([&] { return pose.calls == kMaxForwards; }));
  const grpc::Status refused = call();
  CHECK(rpc::FromGrpc(refused).reason == "TOO_MANY_CALLS");
  CHECK(rpc::RetryAfter(refused).has_value());
  pose.go = true;
  for (auto& status : waiting) CHECK(status.get().ok());
  CHECK(call().ok());
}

TEST_CASE("A watch takes no keep_alive outside its limits", "[waiting]") {
  ServedBackend backend;
  v1::WatchJobRequest request;
  request.set_name("jobs/none");
  request.mutable_keep_alive()->set_nanos(1000);
  grpc::ClientContext context;
  const grpc::Status status = backend.jobs->WatchJob(&context, request)->Finish();
  CHECK(rpc::FromGrpc(status).field == "keep_alive");
}

}  // namespace atelier::server
