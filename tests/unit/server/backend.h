// Backend: the server's parts over a memory store, a folder of blobs and a fake clock.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "server/admission/admission.h"
#include "server/blobs/folder/folder_blob_store.h"
#include "server/dispatch/dispatcher.h"
#include "server/store/memory/memory_store.h"
#include "support/temp_dir.h"
#include "unit/server/fake_clock.h"
#include "unit/server/test_pictures.h"

namespace atelier::server {

inline constexpr std::chrono::milliseconds kLease(10000);

inline v1::Model MakeModel(const std::string& name) {
  v1::Model model;
  model.set_name(name);
  model.set_height(64);
  model.set_width(64);
  model.set_default_steps(20);
  model.set_default_guidance(3.5);
  model.set_default_scheduler("ddim");
  model.add_schedulers("ddim");
  model.add_schedulers("euler");
  return model;
}

/// A spec that breaks no rule.
inline v1::JobSpec MakeSpec() {
  v1::JobSpec spec;
  spec.mutable_synthesis()->mutable_source()->set_data(PngBytes(64, 64, "source"));
  spec.mutable_synthesis()->mutable_pose_picture()->set_data(PngBytes(64, 64, "pose"));
  return spec;
}

struct Backend {
  explicit Backend(JobQueue::Options options = {}, const Admission::Options& admission_options = {})
      : queue(store, metrics, clock, options),
        workers(store, clock, kLease * 4),
        dispatcher(queue, workers, metrics, {kLease}),
        blobs(*FolderBlobStore::Open(dir.path(), {}, clock)),
        admission(queue, *blobs, workers, admission_options) {}

  Result<JobRecord> Submit(const v1::JobSpec& spec, const std::string& request_id = "") {
    SubmitRequest request;
    request.spec = spec;
    request.request_id = request_id;
    request.every_tenant = true;
    return admission.Submit(request);
  }
  void RegisterWorker(const std::string& worker = "w",
                      const std::string& model = "models/atelier-mini") {
    REQUIRE(workers.Register(worker, {MakeModel(model)}).has_value());
  }
  /// Files that the pictures take.
  int CountBlobs() const {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path())) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  }
  /// Leases without waiting.
  std::vector<JobRecord> Lease(int max_jobs = 1, const std::string& worker = "w") {
    return dispatcher
        .LeaseJobs(worker, max_jobs, std::chrono::milliseconds(0), [] { return Status(); })
        .value();
  }

  testing::TempDir dir;
  FakeClock clock;
  MemoryStore store;
  telemetry::Metrics metrics;
  JobQueue queue;
  WorkerRegistry workers;
  Dispatcher dispatcher;
  const std::unique_ptr<FolderBlobStore> blobs;
  Admission admission;
};

}  // namespace atelier::server
