// Frames that a worker records one by one, and what becomes of them.
#include <catch2/catch.hpp>

#include "rpc/status.h"
#include "server/assets/blob_collector.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

constexpr int kFrames = 3;

struct SequenceBackend : ServedBackend {
  SequenceBackend() : ServedBackend() {
    RegisterWorker();
    v1::SubmitJobRequest request;
    v1::SequenceSpec& spec = *request.mutable_spec()->mutable_sequence();
    spec.mutable_source()->set_data(PngBytes(64, 64, "source"));
    for (int i = 0; i < kFrames; ++i) {
      spec.mutable_pose_list()->add_poses()->mutable_picture()->set_data(
          PngBytes(64, 64, "pose" + std::to_string(i)));
    }
    grpc::ClientContext context;
    REQUIRE(jobs->SubmitJob(&context, request, &job).ok());
  }

  v1::LeasedJob LeaseOne() {
    v1::LeaseJobsRequest request;
    request.set_worker("w");
    request.set_max_jobs(4);
    grpc::ClientContext context;
    v1::LeaseJobsResponse response;
    REQUIRE(dispatch->LeaseJobs(&context, request, &response).ok());
    REQUIRE(response.jobs_size() == 1);
    return response.jobs(0);
  }
  std::string StoreFrame(const v1::LeasedJob& leased, int frame) {
    v1::StoreAssetResponse stored;
    REQUIRE(StoreResult(leased.job(), leased.lease(),
                        PngBytes(64, 64, "frame" + std::to_string(frame)), &stored)
                .ok());
    return stored.asset();
  }
  grpc::Status Record(const v1::LeasedJob& leased, int first, const std::string& asset) {
    v1::RecordResultsRequest request;
    request.set_job(leased.job());
    request.set_lease(leased.lease());
    request.set_first(first);
    v1::JobResult& result = *request.add_results();
    result.set_asset(asset);
    result.set_seed(7);
    grpc::ClientContext context;
    v1::RecordResultsResponse response;
    return dispatch->RecordResults(&context, request, &response);
  }
  grpc::Status Fail(const v1::LeasedJob& leased, bool retryable) {
    v1::FailJobRequest request;
    request.set_job(leased.job());
    request.set_lease(leased.lease());
    request.set_reason("OUT_OF_LUCK");
    request.set_message("of no matter");
    request.set_retryable(retryable);
    grpc::ClientContext context;
    v1::FailJobResponse response;
    return dispatch->FailJob(&context, request, &response);
  }
  v1::Job Get() {
    v1::GetJobRequest request;
    request.set_name(job.name());
    grpc::ClientContext context;
    v1::Job now;
    REQUIRE(jobs->GetJob(&context, request, &now).ok());
    return now;
  }

  v1::Job job;
};

}  // namespace

TEST_CASE("Recorded frames are shown while the job runs, and told to the next attempt",
          "[sequence]") {
  SequenceBackend backend;
  const v1::LeasedJob first = backend.LeaseOne();
  CHECK(first.finished().empty());
  const std::string zero = backend.StoreFrame(first, 0), one = backend.StoreFrame(first, 1);
  REQUIRE(backend.Record(first, 0, zero).ok());
  REQUIRE(backend.Record(first, 1, one).ok());
  // A call whose answer was lost comes again.
  REQUIRE(backend.Record(first, 1, one).ok());
  CHECK(backend.Get().state() == v1::JOB_STATE_RUNNING);
  REQUIRE(backend.Get().images_size() == 2);
  CHECK(backend.Get().images(1).asset() == one);
  CHECK(backend.Get().images(1).height() == 64);
  CHECK(backend.Get().images(1).seed() == 7);

  backend.clock.Advance(kLease + std::chrono::seconds(1));
  REQUIRE(backend.dispatcher.ExpireLeases() == 1);
  CHECK(backend.Get().images_size() == 2);
  backend.RegisterWorker();
  const v1::LeasedJob second = backend.LeaseOne();
  CHECK(second.attempt() == 2);
  REQUIRE(second.finished_size() == 2);
  CHECK(second.finished(0).asset() == zero);
  // What the first worker still says is refused, and the second may have the frame's bytes.
  CHECK(rpc::FromGrpc(backend.Record(first, 2, one)).reason == kLeaseLostReason);
  v1::FetchAssetRequest fetch;
  fetch.set_job(second.job());
  fetch.set_lease(second.lease());
  fetch.set_asset(one);
  grpc::ClientContext context;
  const auto reader = backend.worker_assets->FetchAsset(&context, fetch);
  v1::FetchAssetResponse chunk;
  std::string bytes;
  while (reader->Read(&chunk)) bytes += chunk.chunk();
  REQUIRE(reader->Finish().ok());
  CHECK(bytes == PngBytes(64, 64, "frame1"));
}

TEST_CASE("A frame that leaves a gap, or was never stored, is not recorded", "[sequence]") {
  SequenceBackend backend;
  const v1::LeasedJob leased = backend.LeaseOne();
  const std::string zero = backend.StoreFrame(leased, 0), one = backend.StoreFrame(leased, 1);
  CHECK(rpc::FromGrpc(backend.Record(leased, 1, one)).field == "first");
  const std::string nowhere = "assets/" + std::string(64, 'a');
  CHECK(rpc::FromGrpc(backend.Record(leased, 0, nowhere)).field == "results.asset");
  REQUIRE(backend.Record(leased, 0, zero).ok());
  CHECK(rpc::FromGrpc(backend.Record(leased, 0, one)).field == "first");
  CHECK(rpc::FromGrpc(backend.Record(leased, kFrames, one)).field == "results");
  CHECK(backend.Get().images_size() == 1);
}

TEST_CASE("The frames of a sequence that fails late stay, and are not collected", "[sequence]") {
  SequenceBackend backend;
  const v1::LeasedJob leased = backend.LeaseOne();
  REQUIRE(backend.Record(leased, 0, backend.StoreFrame(leased, 0)).ok());
  REQUIRE(backend.Fail(leased, false).ok());
  const v1::Job failed = backend.Get();
  CHECK(failed.state() == v1::JOB_STATE_FAILED);
  REQUIRE(failed.images_size() == 1);
  BlobCollector collector(backend.store, *backend.blobs, backend.metrics, {});
  backend.clock.Advance(std::chrono::hours(25));
  CHECK(collector.Collect()->blobs == 0);
  const auto bytes = backend.blobs->Get(DigestOfAsset(failed.images(0).asset()).value());
  CHECK(bytes == PngBytes(64, 64, "frame0"));
}

TEST_CASE("A sequence is completed with all of its frames, each once, and its film", "[sequence]") {
  SequenceBackend backend;
  const v1::LeasedJob leased = backend.LeaseOne();
  v1::CompleteJobRequest request;
  request.set_job(leased.job());
  request.set_lease(leased.lease());
  for (int i = 0; i < kFrames; ++i) {
    const std::string asset = backend.StoreFrame(leased, i);
    if (i < 2) REQUIRE(backend.Record(leased, i, asset).ok());
    request.add_results()->set_asset(asset);
  }
  const std::string film = std::string("\0\0\0\x0c", 4) + "ftypisom" + "a film";
  v1::StoreAssetResponse stored;
  REQUIRE(backend.StoreResult(leased.job(), leased.lease(), film, &stored).ok());
  request.mutable_film()->set_asset(stored.asset());
  request.mutable_film()->set_frames(kFrames);
  grpc::ClientContext context;
  v1::CompleteJobResponse response;
  REQUIRE(backend.dispatch->CompleteJob(&context, request, &response).ok());
  const v1::Job done = backend.Get();
  CHECK(done.state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(done.images_size() == kFrames);
  CHECK(done.film().asset() == stored.asset());
  CHECK(backend.blobs->Get(DigestOfAsset(done.film().asset()).value()) == film);
  v1::GetAssetRequest get;
  get.set_name(stored.asset());
  grpc::ClientContext asset_context;
  v1::Asset asset;
  REQUIRE(backend.assets->GetAsset(&asset_context, get, &asset).ok());
  CHECK(asset.content_type() == "video/mp4");
}

TEST_CASE("A synthesis records nothing one by one, and has no film", "[sequence]") {
  ServedBackend backend;
  backend.RegisterWorker();
  REQUIRE(backend.Submit(MakeSpec()));
  const JobRecord leased = backend.Lease().at(0);
  v1::RecordResultsRequest request;
  request.set_job("jobs/" + leased.id);
  request.set_lease(leased.lease->token);
  request.add_results();
  grpc::ClientContext context;
  v1::RecordResultsResponse response;
  CHECK(rpc::FromGrpc(backend.dispatch->RecordResults(&context, request, &response)).field ==
        "job");
  v1::StoreAssetResponse stored;
  const std::string film = std::string("\0\0\0\x0c", 4) + "ftypisom";
  CHECK(rpc::FromGrpc(backend.StoreResult("jobs/" + leased.id, leased.lease->token, film, &stored))
            .field == "chunk");
}

}  // namespace atelier::server
