// Nothing leaves the server before the operator's rules allow it.
#include <algorithm>
#include <catch2/catch.hpp>

#include "digest/sha256.h"
#include "unit/server/api/served_backend.h"
#include "unit/server/house_rules.h"

namespace atelier::server {
namespace {

using grpc::StatusCode;
using Mood = HouseRules::Mood;

Admission::Options Under(const HouseRules& rules) {
  Admission::Options options;
  options.moderator = rules.Ask(std::chrono::seconds(5));
  return options;
}

struct ModeratedBackend : ServedBackend {
  explicit ModeratedBackend(const HouseRules& rules) : ServedBackend({}, Under(rules)) {
    RegisterWorker();
  }

  v1::Job Get(const std::string& id) {
    v1::GetJobRequest request;
    request.set_name("jobs/" + id);
    grpc::ClientContext context;
    v1::Job job;
    REQUIRE(jobs->GetJob(&context, request, &job).ok());
    return job;
  }
  /// A leased job.
  JobRecord LeaseOne() {
    REQUIRE(Submit(MakeSpec()).has_value());
    return Lease().at(0);
  }
  /// Brings `png` along with the completion.
  grpc::Status CompleteAlong(const JobRecord& job, const std::string& png) {
    v1::CompleteJobRequest request;
    request.set_job("jobs/" + job.id);
    request.set_lease(job.lease->token);
    request.add_results()->set_png(png);
    grpc::ClientContext context;
    v1::CompleteJobResponse response;
    return dispatch->CompleteJob(&context, request, &response);
  }
  /// Stores `png` first.
  grpc::Status Complete(const JobRecord& job, const std::string& png) {
    return CompleteWith("jobs/" + job.id, job.lease->token, {png});
  }
  bool IsShown(const std::string& png) {
    v1::GetAssetRequest request;
    request.set_name(AssetName(Sha256Hex(png)));
    v1::DownloadAssetRequest download;
    download.set_name(request.name());
    grpc::ClientContext get_context, download_context, list_context;
    v1::Asset asset;
    const bool found = assets->GetAsset(&get_context, request, &asset).ok();
    v1::DownloadAssetResponse chunk;
    const auto reader = assets->DownloadAsset(&download_context, download);
    const bool downloaded = reader->Read(&chunk);
    while (reader->Read(&chunk)) {
    }
    (void)reader->Finish();
    v1::ListAssetsResponse list;
    REQUIRE(assets->ListAssets(&list_context, {}, &list).ok());
    const bool listed =
        std::any_of(list.assets().begin(), list.assets().end(),
                    [&](const v1::Asset& listed) { return listed.name() == request.name(); });
    CHECK(found == downloaded);
    CHECK(found == listed);
    return found;
  }
};

const std::string kResult = PngBytes(64, 64, "result");

}  // namespace

TEST_CASE("A result that is allowed is the job's, after it was shown", "[moderation]") {
  HouseRules rules;
  ModeratedBackend backend(rules);
  const JobRecord job = backend.LeaseOne();
  const bool along = GENERATE(true, false);
  REQUIRE((along ? backend.CompleteAlong(job, kResult) : backend.Complete(job, kResult)).ok());
  const v1::ReviewResultRequest asked = rules.result();
  CHECK(asked.tenant() == "default");
  CHECK(asked.job() == "jobs/" + job.id);
  CHECK(asked.spec().synthesis().source().has_asset());
  REQUIRE(asked.pictures_size() == 1);
  CHECK(asked.pictures(0) == kResult);
  CHECK(backend.Get(job.id).state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(backend.IsShown(kResult));
}

TEST_CASE("A result that is not allowed fails its job, and its picture is not kept",
          "[moderation]") {
  HouseRules rules;
  ModeratedBackend backend(rules);
  const JobRecord job = backend.LeaseOne();
  const int before = backend.CountBlobs();
  rules.results = Mood::kRefuses;
  const bool along = GENERATE(true, false);
  REQUIRE((along ? backend.CompleteAlong(job, kResult) : backend.Complete(job, kResult)).ok());
  const v1::Job failed = backend.Get(job.id);
  CHECK(failed.state() == v1::JOB_STATE_FAILED);
  CHECK(failed.error_reason() == "RESULT_REFUSED");
  CHECK(failed.error_message() == "no hats indoors");
  CHECK(failed.images().empty());
  CHECK(backend.CountBlobs() == before);
  CHECK_FALSE(backend.IsShown(kResult));
  CHECK(backend.metrics.FailedJobs("RESULT_REFUSED").Value() == 1);
}

TEST_CASE("A refused result that somebody uploaded themselves stays theirs", "[moderation]") {
  HouseRules rules;
  ModeratedBackend backend(rules);
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->mutable_source()->set_data(kResult);
  REQUIRE(backend.Submit(spec).has_value());
  rules.results = Mood::kRefuses;
  REQUIRE(backend.Complete(backend.Lease().at(0), kResult).ok());
  CHECK(backend.IsShown(kResult));
}

TEST_CASE("While nobody answers a result waits at its worker, and nothing of it is seen",
          "[moderation]") {
  HouseRules rules;
  ModeratedBackend backend(rules);
  const JobRecord job = backend.LeaseOne();
  rules.results = Mood::kFails;
  const grpc::Status waits = backend.Complete(job, kResult);
  CHECK(waits.error_code() == StatusCode::UNAVAILABLE);
  CHECK(rpc::FromGrpc(waits).reason == "MODERATION_UNREACHABLE");
  CHECK(backend.Get(job.id).state() == v1::JOB_STATE_RUNNING);
  CHECK_FALSE(backend.IsShown(kResult));
  // Its worker comes again, under the same lease.
  rules.results = Mood::kAllows;
  REQUIRE(backend.Complete(job, kResult).ok());
  CHECK(backend.Get(job.id).state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(backend.IsShown(kResult));
}

TEST_CASE("No preview of what nobody has looked at is passed on", "[moderation]") {
  HouseRules rules;
  ModeratedBackend backend(rules);
  const JobRecord job = backend.LeaseOne();
  v1::ReportProgressRequest request;
  request.set_job("jobs/" + job.id);
  request.set_lease(job.lease->token);
  request.mutable_progress()->set_step(1);
  request.mutable_progress()->set_steps(2);
  request.mutable_progress()->set_preview("preview");
  grpc::ClientContext context;
  v1::ReportProgressResponse response;
  REQUIRE(backend.dispatch->ReportProgress(&context, request, &response).ok());
  const v1::Job running = backend.Get(job.id);
  CHECK(running.progress().step() == 1);
  CHECK(running.progress().preview().empty());
}

TEST_CASE("A submit over the API that is not allowed is PERMISSION_DENIED", "[moderation]") {
  HouseRules rules;
  ModeratedBackend backend(rules);
  rules.jobs = Mood::kRefuses;
  v1::SubmitJobRequest request;
  *request.mutable_spec() = MakeSpec();
  grpc::ClientContext context;
  v1::Job job;
  const grpc::Status refused = backend.jobs->SubmitJob(&context, request, &job);
  CHECK(refused.error_code() == StatusCode::PERMISSION_DENIED);
  CHECK(rpc::FromGrpc(refused).reason == "JOB_REFUSED");
}

}  // namespace atelier::server
