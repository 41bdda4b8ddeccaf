// What one tenant may have of a server, and what it leaves to the others.
#include <future>

#include "server/assets/asset_storing.h"
#include "server/server_gauges.h"
#include "unit/server/backend.h"

namespace atelier::server {
namespace {

Result<JobRecord> SubmitAs(Backend& backend, const std::string& tenant,
                           const v1::JobSpec& spec = MakeSpec(),
                           const std::string& request_id = "") {
  SubmitRequest request;
  request.spec = spec;
  request.tenant = tenant;
  request.request_id = request_id;
  return backend.admission.Submit(request);
}

/// A spec whose pictures nobody else has.
v1::JobSpec MakeSpecOf(const std::string& text) {
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->mutable_source()->set_data(PngBytes(64, 64, text));
  return spec;
}

Result<HeldBlob> Upload(Backend& backend, const std::string& tenant, const std::string& text) {
  return StoreAsset(PngBytes(64, 64, text), tenant, BlobStore::Origin::kClient, *backend.blobs,
                    backend.queue);
}

}  // namespace

TEST_CASE("A tenant with its limit of running jobs leaves the workers to others, until one ends",
          "[quota]") {
  Backend backend({.tenants = {{.running = 1}}});
  backend.RegisterWorker();
  const std::string first = SubmitAs(backend, "x")->id;
  const std::string second = SubmitAs(backend, "x", MakeSpecOf("second"))->id;
  REQUIRE(backend.Lease(4).size() == 1);
  CHECK(backend.Lease(4).empty());
  const std::string other = SubmitAs(backend, "y")->id;
  const std::vector<JobRecord> leased = backend.Lease(4);
  REQUIRE(leased.size() == 1);
  CHECK(leased[0].id == other);
  // A worker that waits learns of the room.
  const uint64_t generation = backend.queue.feed().queue_generation();
  const JobRecord job = *backend.queue.Get(first);
  REQUIRE(backend.dispatcher.Fail(first, job.lease->token, {"NO_PERSON", "nobody", false}));
  CHECK(backend.queue.feed().queue_generation() != generation);
  REQUIRE(backend.Lease(4).size() == 1);
  CHECK(backend.queue.Get(second)->state == JobState::kRunning);
}

TEST_CASE("A tenant with limits of its own has those, and all others the general ones", "[quota]") {
  const auto bytes = static_cast<int64_t>(PngBytes(64, 64, "one").size());
  TenantLimitTable::Named named;
  named["large"] = {.queued = 3, .running = 2};
  Backend backend(
      {.tenants = {{.queued = 1, .running = 1, .stored_bytes = 2 * bytes + 30}, named}});
  backend.RegisterWorker();
  for (const char* text : {"1", "2", "3"}) {
    CHECK(SubmitAs(backend, "large", MakeSpecOf(text)).has_value());
  }
  CHECK(SubmitAs(backend, "large", MakeSpecOf("4")).error().reason == "TENANT_QUEUE_FULL");
  CHECK(SubmitAs(backend, "small", MakeSpecOf("1")).has_value());
  CHECK(SubmitAs(backend, "small", MakeSpecOf("2")).error().reason == "TENANT_QUEUE_FULL");
  CHECK(backend.Lease(8).size() == 3);
  CHECK(backend.Lease(8).empty());
  CHECK(Upload(backend, "small", "more").error().reason == "TENANT_STORAGE_QUOTA");
  CHECK(Upload(backend, "large", "more").has_value());
}

TEST_CASE("A job that costs more than one may is refused before anything is stored", "[quota]") {
  Backend backend({.max_job_step_pixels = 64 * 64 * 40});
  backend.RegisterWorker();
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->set_steps(20);
  spec.mutable_synthesis()->set_guidance(2);
  REQUIRE(backend.Submit(spec).has_value());
  const int blobs = backend.CountBlobs();
  spec = MakeSpecOf("huge");
  spec.mutable_synthesis()->set_steps(20);
  spec.mutable_synthesis()->set_guidance(2);
  spec.mutable_synthesis()->set_image_count(2);
  const auto refused = backend.Submit(spec);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kInvalidArgument);
  CHECK(refused.error().reason == "JOB_COST");
  CHECK(refused.error().field == "spec.synthesis");
  CHECK(backend.CountBlobs() == blobs);
}

TEST_CASE("A submit that its tenant has no room for leaves no picture behind", "[quota]") {
  const JobQueue::Options options =
      GENERATE(JobQueue::Options{.tenants = {{.queued = 1}}},
               JobQueue::Options{.tenants = {{.step_pixels = 64 * 64 * 50}}});
  Backend backend(options);
  backend.RegisterWorker();
  REQUIRE(SubmitAs(backend, "x").has_value());
  const int blobs = backend.CountBlobs();
  const auto refused = SubmitAs(backend, "x", MakeSpecOf("new"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kResourceExhausted);
  CHECK(backend.CountBlobs() == blobs);
  CHECK(backend.metrics.RefusedSubmits(refused.error().reason).Value() == 1);
  CHECK(SubmitAs(backend, "y", MakeSpecOf("new")).has_value());
}

TEST_CASE("A submit that is refused after its pictures were stored takes them back", "[quota]") {
  /// The last place in the queue goes to somebody else while pictures are written.
  class LateStore : public MemoryStore {
   public:
    Result<Inserted> Insert(const JobRecord& job, const QueueLimits& limits) override {
      if (!refuse) return MemoryStore::Insert(job, limits);
      return QueueFull(1);
    }
    bool refuse = false;
  };
  Backend backend;
  LateStore store;
  JobQueue queue(store, backend.metrics, backend.clock, {});
  WorkerRegistry workers(store, backend.clock, kLease);
  REQUIRE(workers.Register("w", {MakeModel("models/atelier-mini")}).has_value());
  Admission admission(queue, *backend.blobs, workers, {});
  SubmitRequest request;
  request.tenant = "x";
  request.spec = MakeSpec();
  REQUIRE(admission.Submit(request).has_value());
  const int blobs = backend.CountBlobs();
  const int64_t bytes = backend.blobs->bytes();

  store.refuse = true;
  request.tenant = "y";
  // Its pose picture was there before, and is another tenant's too.
  request.spec = MakeSpecOf("new");
  CHECK(admission.Submit(request).error().reason == "QUEUE_FULL");
  CHECK(backend.CountBlobs() == blobs);
  CHECK(backend.blobs->bytes() == bytes);
  store.refuse = false;
  CHECK(admission.Submit(request).has_value());
}

TEST_CASE("A tenant's pictures may take so many bytes, those of others and its results apart",
          "[quota]") {
  const auto bytes = static_cast<int64_t>(PngBytes(64, 64, "one").size());
  Backend backend({.tenants = {{.stored_bytes = bytes + 10}}});
  REQUIRE(Upload(backend, "x", "one").has_value());
  const auto refused = Upload(backend, "x", "two");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kResourceExhausted);
  CHECK(refused.error().reason == "TENANT_STORAGE_QUOTA");
  CHECK(backend.CountBlobs() == 1);
  // What it has already takes no more room.
  CHECK(Upload(backend, "x", "one").has_value());
  CHECK(Upload(backend, "y", "two").has_value());
  CHECK(StoreAsset(PngBytes(64, 64, "result"), "x", BlobStore::Origin::kWorker, *backend.blobs,
                   backend.queue)
            .has_value());
  backend.RegisterWorker();
  CHECK(SubmitAs(backend, "x").error().reason == "TENANT_STORAGE_QUOTA");
}

TEST_CASE("Pictures that come at once do not pass a tenant's limit together", "[quota]") {
  const auto bytes = static_cast<int64_t>(PngBytes(64, 64, "picture 0").size());
  Backend backend({.tenants = {{.stored_bytes = 2 * bytes + 10}}});
  std::vector<std::future<bool>> uploads;
  for (int i = 0; i < 8; ++i) {
    uploads.push_back(std::async(std::launch::async, [&, i] {
      return Upload(backend, "x", "picture " + std::to_string(i)).has_value();
    }));
  }
  int stored = 0;
  for (auto& upload : uploads) stored += upload.get() ? 1 : 0;
  CHECK(stored <= 2);
  CHECK(backend.store.UsageOf("x")->stored_bytes <= 2 * bytes + 10);
  CHECK(backend.CountBlobs() == stored);
}

TEST_CASE("What a tenant's jobs took of the devices is on its bill, failed attempts too",
          "[quota]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string id = SubmitAs(backend, "x")->id;
  JobRecord leased = backend.Lease().at(0);
  const JobFailure failure{
      .reason = "OUT_OF_MEMORY", .message = "full", .retryable = true, .device_seconds = 1.5};
  REQUIRE(backend.dispatcher.Fail(id, leased.lease->token, failure));
  leased = backend.Lease().at(0);
  JobCompletion completion{.images = {v1::PaintedImage(), v1::PaintedImage()},
                           .device_seconds = 2.25};
  REQUIRE(backend.dispatcher.Complete(id, leased.lease->token, completion));

  ServerGauges gauges(backend.queue, backend.workers, backend.dir.path().string(), backend.metrics);
  for (int scrape = 0; scrape < 2; ++scrape) {
    gauges.Refresh();
    CHECK(backend.metrics.TenantDeviceSeconds("x").Value() == Approx(3.75));
    CHECK(backend.metrics.TenantPictures("x").Value() == 2);
    CHECK(backend.metrics.TenantStoredBytes("x").Value() ==
          static_cast<double>(backend.blobs->bytes()));
  }
}

TEST_CASE("Ten thousand tenants that are made up share one label, and the payers have their own",
          "[quota]") {
  Backend backend;
  JobRecord job;
  job.id = "1";
  job.tenant = "zoe";
  REQUIRE(backend.store.Insert(job, {}).has_value());
  REQUIRE(backend.store.Update("1", [](JobRecord& job) -> Status {
    job.device_ms = 5000;
    return {};
  }));
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = std::to_string(i);
    REQUIRE(backend.store.AddAssetOwner({name, "made-up-" + name, 1, 1}).Wait());
  }
  ServerGauges gauges(backend.queue, backend.workers, backend.dir.path().string(), backend.metrics);
  gauges.Refresh();
  CHECK(backend.metrics.TenantDeviceSeconds("zoe").Value() == Approx(5.0));
  CHECK(backend.metrics.TenantStoredBytes("other").Value() == 10'000 - 255);
  size_t series = 0;
  for (const prometheus::MetricFamily& family : backend.metrics.Collect()) {
    if (family.name == "atelier_tenant_stored_bytes") series = family.metric.size();
  }
  CHECK(series == 257);
}

TEST_CASE("An attempt that does not count costs a job none of its attempts", "[quota]") {
  Backend backend({.max_attempts = 1});
  backend.RegisterWorker();
  const std::string id = SubmitAs(backend, "x")->id;
  const JobFailure away{
      .reason = "WORKER_DRAINING", .message = "bye", .retryable = true, .uncounted = true};
  for (int i = 0; i < 5; ++i) {
    const JobRecord leased = backend.Lease().at(0);
    CHECK(leased.attempt == 1);
    REQUIRE(backend.dispatcher.Fail(id, leased.lease->token, away));
  }
  CHECK(backend.queue.Get(id)->state == JobState::kQueued);
  CHECK(backend.queue.Get(id)->attempt == 0);
}

TEST_CASE("A job that runs without a lease is taken back as from a lost worker", "[quota]") {
  Backend backend;
  backend.RegisterWorker();
  const std::string id = SubmitAs(backend, "x")->id;
  const std::string kept = SubmitAs(backend, "x", MakeSpecOf("kept"))->id;
  REQUIRE(backend.Lease(1).size() == 1);
  REQUIRE(backend.store.Update(id, [](JobRecord& job) -> Status {
    job.lease.reset();
    return {};
  }));
  CHECK(backend.queue.TakeBackUnleased() == 1);
  CHECK(backend.queue.Get(id)->state == JobState::kQueued);
  CHECK(backend.queue.Get(id)->lost_workers == 1);
  CHECK(backend.metrics.running_jobs.Value() == 0);
  CHECK(backend.queue.TakeBackUnleased() == 0);
  CHECK(backend.queue.Get(kept)->state == JobState::kQueued);
}

}  // namespace atelier::server
