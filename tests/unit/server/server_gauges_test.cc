#include "server/server_gauges.h"

#include <fstream>

#include "base/ids.h"
#include "unit/server/backend.h"

namespace atelier::server {
namespace {

std::string Queue(Backend& backend, const std::string& model) {
  JobRecord job;
  job.id = NewId();
  job.model = model;
  job.batch_key = model;
  REQUIRE(backend.queue.Submit(job).has_value());
  return job.id;
}

}  // namespace

TEST_CASE("A model whose last worker died is shown with its jobs and no worker", "[metrics]") {
  Backend backend;
  ServerGauges gauges(backend.queue, backend.workers, backend.dir.path().string(), backend.metrics);
  backend.RegisterWorker("a", "models/one");
  backend.RegisterWorker("b", "models/one");
  backend.RegisterWorker("c", "models/two");
  Queue(backend, "models/one");
  backend.clock.Advance(std::chrono::seconds(30));
  Queue(backend, "models/one");
  Queue(backend, "models/two");
  backend.clock.Advance(std::chrono::seconds(5));
  backend.workers.Touch("a");
  gauges.Refresh();
  CHECK(backend.metrics.Workers("models/one").Value() == 2);
  CHECK(backend.metrics.Workers("models/two").Value() == 1);
  CHECK(backend.metrics.QueuedJobs("models/one").Value() == 2);
  CHECK(backend.metrics.QueuedJobs("models/two").Value() == 1);
  CHECK(backend.metrics.OldestQueuedSeconds("models/one").Value() == Approx(35.0));
  CHECK(backend.metrics.OldestQueuedSeconds("models/two").Value() == Approx(5.0));

  // Only "a" is heard of again; it takes both of its jobs.
  backend.clock.Advance(kLease * 4 - std::chrono::seconds(5));
  REQUIRE(backend.Lease(2, "a").size() == 2);
  backend.clock.Advance(std::chrono::seconds(5));
  gauges.Refresh();
  CHECK(backend.metrics.Workers("models/one").Value() == 1);
  CHECK(backend.metrics.Workers("models/two").Value() == 0);
  CHECK(backend.metrics.QueuedJobs("models/one").Value() == 0);
  CHECK(backend.metrics.OldestQueuedSeconds("models/one").Value() == 0);
  CHECK(backend.metrics.QueuedJobs("models/two").Value() == 1);
}

TEST_CASE("A job that waits for a model before any worker came is shown", "[metrics]") {
  Backend backend;
  ServerGauges gauges(backend.queue, backend.workers, backend.dir.path().string(), backend.metrics);
  Queue(backend, "models/early");
  gauges.Refresh();
  CHECK(backend.metrics.QueuedJobs("models/early").Value() == 1);
  CHECK(backend.metrics.Workers("models/early").Value() == 0);
}

TEST_CASE("A model whose only job was cancelled before any worker came waits for nobody",
          "[metrics]") {
  Backend backend;
  ServerGauges gauges(backend.queue, backend.workers, backend.dir.path().string(), backend.metrics);
  const std::string id = Queue(backend, "models/early");
  backend.clock.Advance(std::chrono::seconds(30));
  gauges.Refresh();
  REQUIRE(backend.metrics.QueuedJobs("models/early").Value() == 1);
  REQUIRE(backend.queue.Cancel(id).has_value());
  gauges.Refresh();
  CHECK(backend.metrics.QueuedJobs("models/early").Value() == 0);
  CHECK(backend.metrics.OldestQueuedSeconds("models/early").Value() == 0);
}

TEST_CASE("The room on the data disk is measured, and a folder that is gone keeps the last value",
          "[metrics]") {
  Backend backend;
  const std::string folder = (backend.dir.path() / "data").string();
  std::filesystem::create_directory(folder);
  ServerGauges gauges(backend.queue, backend.workers, folder, backend.metrics);
  gauges.Refresh();
  const double size = backend.metrics.DataDiskSizeBytes().Value();
  CHECK(size > 0);
  CHECK(backend.metrics.DataDiskFreeBytes().Value() <= size);
  std::filesystem::remove(folder);
  gauges.Refresh();
  CHECK(backend.metrics.DataDiskSizeBytes().Value() == size);
}

TEST_CASE("Failed jobs are counted by their reason", "[metrics]") {
  Backend backend;
  backend.RegisterWorker();
  for (int i = 0; i < 2; ++i) {
    const std::string id = Queue(backend, "models/atelier-mini");
    const JobRecord leased = backend.Lease().at(0);
    REQUIRE(backend.dispatcher.Fail(id, leased.lease->token, {"NO_PERSON", "nobody", false}));
  }
  CHECK(backend.metrics.FailedJobs("NO_PERSON").Value() == 2);
  CHECK(backend.metrics.FailedJobs("WORKER_LOST").Value() == 0);
}

TEST_CASE("A submit whose pictures do not fit onto the disk is counted as refused and as a failure",
          "[metrics]") {
  Backend backend;
  backend.RegisterWorker();
  std::vector<std::string> failures;
  const auto blobs = *FolderBlobStore::Open(
      backend.dir.path() / "own",
      {0, [&](const Error& error) { failures.push_back(error.reason); }}, backend.clock);
  Admission admission(backend.queue, *blobs, backend.workers, {});
  SubmitRequest request;
  request.spec = MakeSpec();
  REQUIRE(admission.Submit(request).has_value());
  CHECK(failures.empty());

  // A file where the folder of unfinished pictures was: nothing can be written.
  std::filesystem::remove_all(backend.dir.path() / "own" / "tmp");
  std::ofstream(backend.dir.path() / "own" / "tmp") << "in the way";
  request.spec.mutable_synthesis()->mutable_source()->set_data(PngBytes(64, 64, "another"));
  const auto refused = admission.Submit(request);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "STORAGE_FAILED");
  CHECK(failures == std::vector<std::string>{"STORAGE_FAILED"});
  CHECK(backend.metrics.RefusedSubmits("STORAGE_FAILED").Value() == 1);
}

}  // namespace atelier::server
