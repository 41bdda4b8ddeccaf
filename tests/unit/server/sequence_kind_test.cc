// A kind of job that the server was not written for: from its submit to its two pictures.
#include <catch2/catch.hpp>

#include "rpc/status.h"
#include "server/admission/spec_check.h"
#include "server/assets/blob_collector.h"
#include "server/jobs/job_work.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

constexpr char kModel[] = "models/atelier-mini";

/// A sequence of two pictures by the default model.
class TwoPictures final : public JobKind {
 public:
  v1::JobSpec::KindCase spec_case() const override { return v1::JobSpec::kSequence; }
  std::string ModelOf(const v1::JobSpec&) const override { return kModel; }
  void SetModel(v1::JobSpec&, const std::string&) const override {}
  Status Check(const v1::JobSpec& spec, const SpecContext& context) const override {
    return CheckPicture(spec.sequence().source(), context.prefix + ".source", context.blobs);
  }
  void FillDefaults(v1::JobSpec&, const std::optional<v1::Model>&) const override {}
  std::vector<Warning> WarningsOf(const v1::JobSpec&, const v1::Model&) const override {
    return {{"PERSON_SMALL", "source", "a toy always doubts", 1.0, 2.0}};
  }
  std::vector<v1::Picture*> PicturesOf(v1::JobSpec& spec) const override {
    return {spec.mutable_sequence()->mutable_source()};
  }
  std::string BatchKey(const v1::JobSpec&) const override {
    return std::string(kModel) + "|sequence";
  }
  JobSize SizeOf(const v1::JobSpec&, BlobReader&) const override { return {2'000'000, 20'000'000}; }
  int CountResults(const v1::JobSpec&) const override { return 2; }
};

Admission::Options WithSequences() {
  const auto kinds = std::make_shared<JobKinds>();
  kinds->Add(std::make_unique<TwoPictures>());
  Admission::Options options;
  options.kinds = kinds;
  return options;
}

v1::SubmitJobRequest SequenceRequest() {
  v1::SubmitJobRequest request;
  request.mutable_spec()->mutable_sequence()->mutable_source()->set_data(PngBytes(64, 64, "walks"));
  return request;
}

struct SequenceBackend : ServedBackend {
  SequenceBackend() : ServedBackend({}, WithSequences()) { RegisterWorker(); }

  grpc::Status SubmitOne(const v1::SubmitJobRequest& request, v1::Job* job) {
    grpc::ClientContext context;
    return jobs->SubmitJob(&context, request, job);
  }
  v1::Job Get(const std::string& name) {
    v1::GetJobRequest request;
    request.set_name(name);
    grpc::ClientContext context;
    v1::Job job;
    REQUIRE(jobs->GetJob(&context, request, &job).ok());
    return job;
  }
};

}  // namespace

TEST_CASE("A sequence goes from its submit through a lease to its two pictures", "[kinds]") {
  SequenceBackend backend;
  v1::Job job;
  REQUIRE(backend.SubmitOne(SequenceRequest(), &job).ok());
  CHECK(job.spec().sequence().source().has_asset());
  REQUIRE(job.warnings_size() == 1);
  CHECK(job.warnings(0).reason() == "PERSON_SMALL");

  v1::LeaseJobsRequest lease;
  lease.set_worker("w");
  lease.set_max_jobs(4);
  grpc::ClientContext context;
  v1::LeaseJobsResponse leased;
  REQUIRE(backend.dispatch->LeaseJobs(&context, lease, &leased).ok());
  REQUIRE(leased.jobs_size() == 1);
  const v1::LeasedJob& work = leased.jobs(0);
  CHECK(work.spec().has_sequence());

  v1::FetchAssetRequest fetch;
  fetch.set_job(work.job());
  fetch.set_lease(work.lease());
  fetch.set_asset(work.spec().sequence().source().asset());
  grpc::ClientContext fetch_context;
  const auto reader = backend.worker_assets->FetchAsset(&fetch_context, fetch);
  v1::FetchAssetResponse chunk;
  REQUIRE(reader->Read(&chunk));
  CHECK(chunk.chunk() == PngBytes(64, 64, "walks"));
  while (reader->Read(&chunk)) {
  }
  CHECK(reader->Finish().ok());

  const std::string first = PngBytes(64, 64, "first");
  const std::string second = PngBytes(64, 80, "second");
  CHECK(rpc::FromGrpc(backend.CompleteWith(work.job(), work.lease(), {first})).field == "results");
  REQUIRE(backend.CompleteWith(work.job(), work.lease(), {first, second}).ok());
  job = backend.Get(job.name());
  CHECK(job.state() == v1::JOB_STATE_SUCCEEDED);
  REQUIRE(job.images_size() == 2);
  CHECK(job.images(1).height() == 80);
  // Its pictures stay as long as it does.
  BlobCollector collector(backend.store, *backend.blobs, backend.metrics, {});
  backend.clock.Advance(std::chrono::hours(25));
  CHECK(collector.Collect()->blobs == 0);
}

TEST_CASE("A sequence's rules are named below its own field, and its warnings heeded", "[kinds]") {
  SequenceBackend backend;
  v1::Job job;
  v1::SubmitJobRequest request = SequenceRequest();
  request.mutable_spec()->mutable_sequence()->mutable_source()->set_data("no picture");
  CHECK(rpc::FromGrpc(backend.SubmitOne(request, &job)).field == "spec.sequence.source");
  request = SequenceRequest();
  request.mutable_spec()->add_strict("PERSON_SMALL");
  const Error strict = rpc::FromGrpc(backend.SubmitOne(request, &job));
  CHECK(strict.reason == "PERSON_SMALL");
  CHECK(strict.field == "spec.sequence.source");
  CHECK(backend.store.Count()->queued == 0);
  CHECK(backend.CountBlobs() == 0);
}

TEST_CASE("A server that takes sequences alone says so to a synthesis", "[kinds]") {
  SequenceBackend backend;
  const auto refused = backend.Submit(MakeSpec());
  CHECK(refused.error().reason == "UNKNOWN_SPEC");
  CHECK_THAT(refused.error().message, Catch::Contains("`spec.synthesis` is not painted yet") &&
                                          Catch::EndsWith("may hold sequence"));
}

TEST_CASE("A job's time is estimated by the size that its kind gives it", "[kinds]") {
  SequenceBackend backend;
  v1::Job job;
  REQUIRE(backend.SubmitOne(SequenceRequest(), &job).ok());
  const JobWork work = WorkOf(backend.Lease().at(0));
  CHECK(work.pixels == 2);
  CHECK(work.step_pixels == 20);
}

TEST_CASE("The built-in kinds hold syntheses, edits and sequences", "[kinds]") {
  v1::JobSpec spec;
  spec.mutable_synthesis();
  CHECK(BuiltInKinds()->Find(spec).value()->spec_case() == v1::JobSpec::kSynthesis);
  spec.mutable_edit();
  CHECK(BuiltInKinds()->Find(spec).value()->spec_case() == v1::JobSpec::kEdit);
  spec.mutable_sequence();
  CHECK(BuiltInKinds()->Find(spec).value()->spec_case() == v1::JobSpec::kSequence);
}

}  // namespace atelier::server
