// Warnings and `strict` of jobs, from the submit to the answer.
#include <catch2/catch.hpp>
#include <future>

#include "rpc/status.h"
#include "unit/server/api/served_backend.h"
#include "warnings/warning_message.h"

namespace atelier::server {
namespace {

using Reasons = std::vector<std::string>;

constexpr char kModel[] = "models/atelier-mini";

/// Its model was made for 1 to 2 steps and paints the same from every seed.
struct WarnedBackend : ServedBackend {
  WarnedBackend() {
    v1::Model model = MakeModel(kModel);
    model.set_default_steps(1);
    model.set_min_steps(1);
    model.set_max_steps(2);
    model.set_seed_matters(false);
    REQUIRE(workers.Register("w", {model}).has_value());
  }

  grpc::Status SubmitJob(const v1::JobSpec& spec, v1::Job* job,
                         const std::string& request_id = "") {
    grpc::ClientContext context;
    v1::SubmitJobRequest request;
    *request.mutable_spec() = spec;
    request.set_request_id(request_id);
    return jobs->SubmitJob(&context, request, job);
  }
  v1::Job Get(const std::string& name) {
    grpc::ClientContext context;
    v1::GetJobRequest request;
    request.set_name(name);
    v1::Job job;
    REQUIRE(jobs->GetJob(&context, request, &job).ok());
    return job;
  }
  grpc::Status Complete(const JobRecord& leased, const WarningMessages& warnings) {
    return CompleteWith("jobs/" + leased.id, leased.lease->token, {PngBytes(64, 64)}, 0, warnings);
  }
  grpc::Status Fail(const JobRecord& leased, const std::string& reason, bool retryable,
                    const WarningMessages& warnings) {
    grpc::ClientContext context;
    v1::FailJobRequest request;
    request.set_job("jobs/" + leased.id);
    request.set_lease(leased.lease->token);
    request.set_reason(reason);
    request.set_message("why");
    request.set_retryable(retryable);
    *request.mutable_warnings() = warnings;
    v1::FailJobResponse response;
    return dispatch->FailJob(&context, request, &response);
  }
};

v1::JobSpec SpecOf(int steps, const Reasons& strict = {}) {
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->set_steps(steps);
  for (const std::string& reason : strict) spec.add_strict(reason);
  return spec;
}

Reasons ReasonsOf(const WarningMessages& warnings) {
  Reasons reasons;
  for (const v1::Warning& warning : warnings) reasons.push_back(warning.reason());
  return reasons;
}

/// What a worker found.
WarningMessages Found(double people = 2) {
  return WarningsToMessages({{"SEVERAL_PEOPLE", "source", "only one is painted", people, 1.0}});
}

}  // namespace

TEST_CASE("Steps that a strict caller does not accept are refused before anything is stored",
          "[warnings]") {
  WarnedBackend backend;
  for (const char* strict : {"STEPS_OUT_OF_RANGE", "ALL"}) {
    v1::Job job;
    const Error error =
        rpc::FromGrpc(backend.SubmitJob(SpecOf(30, {"SEVERAL_PEOPLE", strict}), &job));
    CHECK(error.code == Code::kFailedPrecondition);
    CHECK(error.reason == "STEPS_OUT_OF_RANGE");
    CHECK(error.field == "spec.synthesis.steps");
    CHECK_THAT(error.message, Catch::Contains("(30, limit 2)"));
  }
  CHECK(backend.store.Count()->queued == 0);
  CHECK(backend.CountBlobs() == 0);
  CHECK(backend.metrics.submitted_jobs.Value() == 0);
  // What is not listed is accepted.
  v1::Job job;
  CHECK(backend.SubmitJob(SpecOf(30, {"SEVERAL_PEOPLE"}), &job).ok());
}

TEST_CASE("The same in one call with the painting names the fields of that call", "[warnings]") {
  WarnedBackend backend;
  v1::SynthesizeRequest request;
  *request.mutable_spec() = SpecOf(30).synthesis();
  request.add_strict("ALL");
  v1::SynthesizeResponse response;
  grpc::ClientContext context;
  const Error refused = rpc::FromGrpc(backend.synthesis->Synthesize(&context, request, &response));
  CHECK(refused.reason == "STEPS_OUT_OF_RANGE");
  CHECK(refused.field == "spec.steps");
  request.set_strict(0, "all");
  grpc::ClientContext again;
  CHECK(rpc::FromGrpc(backend.synthesis->Synthesize(&again, request, &response)).field == "strict");
}

TEST_CASE("A reason that is none is refused by name and nothing is stored", "[warnings]") {
  WarnedBackend backend;
  for (const Reasons& strict : {Reasons{"ALL", "BAD_WEATHER"}, Reasons(33, "ALL")}) {
    v1::Job job;
    const Error error = rpc::FromGrpc(backend.SubmitJob(SpecOf(1, strict), &job));
    CHECK(error.code == Code::kInvalidArgument);
    CHECK(error.field == "spec.strict");
  }
  CHECK(backend.store.Count()->queued == 0);
  CHECK(backend.CountBlobs() == 0);
}

TEST_CASE("What is known at the submit is there at once, wherever the job is looked at",
          "[warnings]") {
  WarnedBackend backend;
  v1::JobSpec spec = SpecOf(30);
  spec.mutable_synthesis()->set_image_count(3);
  v1::Job submitted;
  REQUIRE(backend.SubmitJob(spec, &submitted).ok());
  REQUIRE(ReasonsOf(submitted.warnings()) == Reasons{"STEPS_OUT_OF_RANGE"});
  CHECK(submitted.warnings(0).value() == 30);
  CHECK(submitted.warnings(0).limit() == 2);
  CHECK(ReasonsOf(backend.Get(submitted.name()).warnings()) == Reasons{"STEPS_OUT_OF_RANGE"});
  grpc::ClientContext list_context;
  v1::ListJobsResponse listed;
  REQUIRE(backend.jobs->ListJobs(&list_context, {}, &listed).ok());
  CHECK(ReasonsOf(listed.jobs(0).warnings()) == Reasons{"STEPS_OUT_OF_RANGE"});
  grpc::ClientContext watch_context;
  v1::WatchJobRequest watch;
  watch.set_name(submitted.name());
  const auto stream = backend.jobs->WatchJob(&watch_context, watch);
  v1::WatchJobResponse event;
  REQUIRE(stream->Read(&event));
  CHECK(event.job().state() == v1::JOB_STATE_QUEUED);
  CHECK(ReasonsOf(event.job().warnings()) == Reasons{"STEPS_OUT_OF_RANGE"});
  watch_context.TryCancel();

  // Three pictures at the default's one step would be equal.
  v1::JobSpec equal = MakeSpec();
  equal.mutable_synthesis()->set_image_count(3);
  v1::Job second;
  REQUIRE(backend.SubmitJob(equal, &second).ok());
  CHECK(ReasonsOf(second.warnings()) == Reasons{"SEED_WITHOUT_EFFECT"});
  equal.add_strict("SEED_WITHOUT_EFFECT");
  const Error refused = rpc::FromGrpc(backend.SubmitJob(equal, &second));
  CHECK(refused.field == "spec.synthesis.image_count");
}

TEST_CASE("A result has what was known at the submit and what its worker found", "[warnings]") {
  WarnedBackend backend;
  v1::Job job;
  REQUIRE(backend.SubmitJob(SpecOf(30, {"PERSON_UNSURE"}), &job).ok());
  WarningMessages found = Found();
  // The worker sees the steps as well: they are no second warning.
  found.MergeFrom(job.warnings());
  REQUIRE(backend.Complete(backend.Lease().at(0), found).ok());
  job = backend.Get(job.name());
  CHECK(job.state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(job.images_size() == 1);
  REQUIRE(ReasonsOf(job.warnings()) == Reasons{"STEPS_OUT_OF_RANGE", "SEVERAL_PEOPLE"});
  CHECK(job.warnings(1).value() == 2);
  CHECK(job.warnings(1).field() == "source");
  CHECK(backend.metrics.JobWarnings("SEVERAL_PEOPLE").Value() == 1);
  CHECK(backend.metrics.JobWarnings("STEPS_OUT_OF_RANGE").Value() == 1);
}

TEST_CASE("An old client, which knows no warnings, gets its picture, and a new one both",
          "[warnings]") {
  WarnedBackend backend;
  v1::SynthesizeRequest request;
  *request.mutable_spec() = SpecOf(30).synthesis();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::SynthesizeResponse response;
  auto call = std::async(std::launch::async, [&] {
    return backend.synthesis->Synthesize(&context, request, &response);
  });
  const auto leased =
      backend.dispatcher.LeaseJobs("w", 1, std::chrono::seconds(20), [] { return Status(); });
  REQUIRE(leased.has_value());
  REQUIRE(leased->size() == 1);
  REQUIRE(backend.Complete(leased->at(0), Found()).ok());
  REQUIRE(call.get().ok());
  CHECK(response.images_size() == 1);
  CHECK(ReasonsOf(response.warnings()) == Reasons{"STEPS_OUT_OF_RANGE", "SEVERAL_PEOPLE"});
}

TEST_CASE("A job that fails for a warning tells its numbers and is not tried again", "[warnings]") {
  WarnedBackend backend;
  v1::Job job;
  REQUIRE(backend.SubmitJob(SpecOf(1, {"SEVERAL_PEOPLE"}), &job).ok());
  CHECK(job.warnings().empty());
  REQUIRE(backend.Fail(backend.Lease().at(0), "SEVERAL_PEOPLE", false, Found(3)).ok());
  job = backend.Get(job.name());
  CHECK(job.state() == v1::JOB_STATE_FAILED);
  CHECK(job.error_reason() == "SEVERAL_PEOPLE");
  CHECK(job.attempt() == 1);
  REQUIRE(job.warnings_size() == 1);
  CHECK(job.warnings(0).value() == 3);
}

TEST_CASE("What an attempt found that is made again is looked for again", "[warnings]") {
  WarnedBackend backend;
  v1::Job job;
  REQUIRE(backend.SubmitJob(SpecOf(30), &job).ok());
  REQUIRE(backend.Fail(backend.Lease().at(0), "WORKER_DRAINING", true, Found(5)).ok());
  CHECK(ReasonsOf(backend.Get(job.name()).warnings()) == Reasons{"STEPS_OUT_OF_RANGE"});
  REQUIRE(backend.Complete(backend.Lease().at(0), Found(2)).ok());
  job = backend.Get(job.name());
  REQUIRE(ReasonsOf(job.warnings()) == Reasons{"STEPS_OUT_OF_RANGE", "SEVERAL_PEOPLE"});
  CHECK(job.warnings(1).value() == 2);
}

TEST_CASE("A job that ends without a worker's word keeps the warnings it was queued with",
          "[warnings]") {
  WarnedBackend backend;
  v1::JobSpec spec = SpecOf(30);
  spec.mutable_queue_ttl()->set_seconds(1);
  v1::Job cancelled, expired;
  REQUIRE(backend.SubmitJob(spec, &cancelled).ok());
  REQUIRE(backend.SubmitJob(spec, &expired).ok());
  REQUIRE(backend.queue.Cancel(cancelled.name().substr(5)).has_value());
  backend.clock.Advance(std::chrono::seconds(2));
  REQUIRE(backend.queue.ExpireQueued() == 1);
  for (const v1::Job& job : {backend.Get(cancelled.name()), backend.Get(expired.name())}) {
    CHECK(job.end_time().seconds() > 0);
    CHECK(ReasonsOf(job.warnings()) == Reasons{"STEPS_OUT_OF_RANGE"});
  }
  CHECK(backend.metrics.JobWarnings("STEPS_OUT_OF_RANGE").Value() == 2);
}

TEST_CASE("A worker's warning that breaks a rule is refused and the lease goes on", "[warnings]") {
  WarnedBackend backend;
  v1::Job job;
  REQUIRE(backend.SubmitJob(SpecOf(1), &job).ok());
  const JobRecord leased = backend.Lease().at(0);
  WarningMessages unknown = Found();
  unknown[0].set_reason("bad weather");
  WarningMessages many;
  for (int i = 0; i <= MaxWarnings(); ++i) *many.Add() = Found()[0];
  CHECK(rpc::FromGrpc(backend.Complete(leased, unknown)).field == "warnings.reason");
  CHECK(rpc::FromGrpc(backend.Complete(leased, many)).field == "warnings");
  CHECK(rpc::FromGrpc(backend.Fail(leased, "X", false, unknown)).field == "warnings.reason");
  CHECK(backend.Get(job.name()).state() == v1::JOB_STATE_RUNNING);
  CHECK(backend.Complete(leased, Found()).ok());
}

TEST_CASE("A submit that is repeated with its request id joins its job, warnings and all",
          "[warnings]") {
  WarnedBackend backend;
  v1::Job first, again;
  REQUIRE(backend.SubmitJob(SpecOf(30), &first, "order-1").ok());
  REQUIRE(backend.SubmitJob(SpecOf(30), &again, "order-1").ok());
  CHECK(again.name() == first.name());
  CHECK(ReasonsOf(again.warnings()) == Reasons{"STEPS_OUT_OF_RANGE"});
  // `strict` is part of what is asked for.
  const Error other = rpc::FromGrpc(backend.SubmitJob(SpecOf(30, {"ALL"}), &again, "order-1"));
  CHECK(other.reason == "REQUEST_ID_REUSED");
  REQUIRE(backend.Complete(backend.Lease().at(0), Found()).ok());
  REQUIRE(backend.SubmitJob(SpecOf(30), &again, "order-1").ok());
  CHECK(again.state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(ReasonsOf(again.warnings()) == Reasons{"STEPS_OUT_OF_RANGE", "SEVERAL_PEOPLE"});
}

TEST_CASE("A strict job for a model that no worker told of yet waits for its worker's word",
          "[warnings]") {
  ServedBackend backend;
  v1::JobSpec spec = SpecOf(30, {"ALL"});
  const auto job = backend.Submit(spec);
  REQUIRE(job.has_value());
  CHECK(job->outcome.empty());
}

}  // namespace atelier::server
