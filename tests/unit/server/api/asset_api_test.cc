// Listing and deleting assets, deleting jobs, and requests with fields nobody knows, over gRPC.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "rpc/status.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

v1::ListAssetsResponse ListAssets(ServedBackend& backend, int page_size,
                                  const std::string& token = "") {
  v1::ListAssetsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(token);
  grpc::ClientContext context;
  v1::ListAssetsResponse response;
  const grpc::Status status = backend.assets->ListAssets(&context, request, &response);
  REQUIRE(status.error_message() == "");
  return response;
}

grpc::Status DeleteOne(ServedBackend& backend, const std::string& name) {
  v1::DeleteAssetRequest request;
  request.set_name(name);
  grpc::ClientContext context;
  v1::DeleteAssetResponse response;
  return backend.assets->DeleteAsset(&context, request, &response);
}

grpc::Status DeleteJob(ServedBackend& backend, const std::string& name) {
  v1::DeleteJobRequest request;
  request.set_name(name);
  grpc::ClientContext context;
  v1::DeleteJobResponse response;
  return backend.jobs->DeleteJob(&context, request, &response);
}

/// Takes the one queued job and paints it.
void PaintOne(ServedBackend& backend) {
  const std::vector<JobRecord> jobs = backend.Lease();
  REQUIRE(jobs.size() == 1);
  REQUIRE(
      backend
          .CompleteWith("jobs/" + jobs[0].id, jobs[0].lease->token, {PngBytes(64, 64, "painted")})
          .ok());
}

std::string NameOf(ServedBackend& backend, const std::string& bytes) {
  return AssetName(*backend.blobs->Put(bytes));
}

}  // namespace

TEST_CASE("Assets are listed stored last first, page by page, with what is known of them",
          "[assets]") {
  ServedBackend backend;
  std::vector<std::string> newest_first;
  for (uint32_t i = 0; i < 5; ++i) {
    backend.clock.Advance(std::chrono::seconds(1));
    newest_first.insert(newest_first.begin(), NameOf(backend, PngBytes(64 + i, 32)));
  }
  std::vector<std::string> seen;
  std::string token;
  do {
    const v1::ListAssetsResponse page = ListAssets(backend, 2, token);
    CHECK(page.assets_size() <= 2);
    for (const v1::Asset& asset : page.assets()) seen.push_back(asset.name());
    token = page.next_page_token();
  } while (!token.empty());
  CHECK(seen == newest_first);
  const v1::Asset newest = ListAssets(backend, 0).assets(0);
  CHECK(newest.width() == 68);
  CHECK(newest.height() == 32);
  CHECK(newest.content_type() == "image/png");
  CHECK(newest.size_bytes() == static_cast<int64_t>(PngBytes(64, 32).size()));
}

TEST_CASE("A picture whose size stands far behind its first bytes is listed too", "[assets]") {
  ServedBackend backend;
  // Four segments of metadata, 64 KiB each.
  std::string segments;
  for (int i = 0; i < 4; ++i) {
    segments += std::string("\xff\xe1\xff\xff", 4) + std::string(0xffff - 2, 'm');
  }
  std::string jpeg = JpegBytes(80, 48);
  jpeg.insert(2, segments);
  const std::string name = NameOf(backend, jpeg);
  REQUIRE(ListAssets(backend, 0).assets_size() == 1);
  CHECK(ListAssets(backend, 0).assets(0).name() == name);
  CHECK(ListAssets(backend, 0).assets(0).width() == 80);
}

TEST_CASE("A page of assets of a wrong size or with a foreign token is refused by its field",
          "[assets]") {
  ServedBackend backend;
  const auto refuse = [&](int page_size, const std::string& token) {
    v1::ListAssetsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    grpc::ClientContext context;
    v1::ListAssetsResponse response;
    const Error error = rpc::FromGrpc(backend.assets->ListAssets(&context, request, &response));
    CHECK(error.code == Code::kInvalidArgument);
    return error.field;
  };
  CHECK(refuse(-1, "") == "page_size");
  CHECK(refuse(1001, "") == "page_size");
  for (const std::string& token :
       {std::string("made up"), std::string("before-"), std::string("before-12"),
        "before-x-" + std::string(64, 'a'), "before-12-" + std::string(63, 'a'),
        "before-99999999999999999999-" + std::string(64, 'a')}) {
    INFO(token);
    CHECK(refuse(10, token) == "page_token");
  }
}

TEST_CASE("A picture that a kept job names is not deleted until the job is", "[assets]") {
  ServedBackend backend;
  backend.RegisterWorker();
  const auto job = backend.Submit(MakeSpec());
  REQUIRE(job.has_value());
  const std::string source = AssetName(*backend.blobs->Put(MakeSpec().synthesis().source().data()));
  PaintOne(backend);
  const std::string painted = AssetName(*backend.blobs->Put(PngBytes(64, 64, "painted")));
  for (const std::string& name : {source, painted}) {
    const grpc::Status refused = DeleteOne(backend, name);
    CHECK(refused.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
    CHECK(rpc::FromGrpc(refused).reason == "ASSET_IN_USE");
    CHECK_THAT(refused.error_message(), Catch::Contains("jobs/" + job->id));
    CHECK(backend.blobs->Stat(*DigestOfAsset(name)).has_value());
  }
  REQUIRE(DeleteJob(backend, "jobs/" + job->id).ok());
  for (const std::string& name : {source, painted}) {
    CHECK(DeleteOne(backend, name).ok());
    CHECK(DeleteOne(backend, name).error_code() == grpc::StatusCode::NOT_FOUND);
  }
  CHECK(DeleteOne(backend, "assets/../../etc").error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("A picture that a submit under way holds is not deleted", "[assets]") {
  ServedBackend backend;
  const std::string name = NameOf(backend, PngBytes(64, 64));
  {
    const Result<BlobPins::Pin> pin = backend.blobs->pins().Hold(*DigestOfAsset(name));
    const grpc::Status refused = DeleteOne(backend, name);
    CHECK(refused.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
    CHECK(rpc::FromGrpc(refused).reason == "ASSET_IN_USE");
  }
  CHECK(DeleteOne(backend, name).ok());
}

TEST_CASE("However deletions and submits meet, no kept job names a picture that is gone",
          "[assets]") {
  ServedBackend backend;
  backend.RegisterWorker();
  const v1::JobSpec by_data = MakeSpec();
  const std::string digest = *backend.blobs->Put(by_data.synthesis().source().data());
  v1::JobSpec by_name = by_data;
  by_name.mutable_synthesis()->mutable_source()->set_asset(AssetName(digest));
  std::atomic<int> lost = 0;
  std::atomic<int> stored = 0;
  std::atomic<int> deleted = 0;
  std::atomic<bool> over = false;
  const auto submit = [&](const v1::JobSpec& spec) {
    while (!over) {
      const auto job = backend.Submit(spec);
      if (!job) continue;  // By its name, while it is deleted.
      ++stored;
      if (!backend.blobs->Stat(digest)) ++lost;
      (void)backend.queue.Cancel(job->id);
      (void)backend.queue.Delete(job->id);
    }
  };
  std::thread first([&] { submit(by_data); });
  std::thread second([&] { submit(by_name); });
  // On a busy machine the submitters may hold the picture for hundreds of turns.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int i = 0; i < 300 || (deleted == 0 && std::chrono::steady_clock::now() < until); ++i) {
    if (DeleteOne(backend, AssetName(digest)).ok()) ++deleted;
  }
  over = true;
  first.join();
  second.join();
  CHECK(lost == 0);
  CHECK(stored > 0);
  CHECK(deleted > 0);
}

TEST_CASE("A deleted job is forgotten with its request id; one that is not finished stays",
          "[api]") {
  ServedBackend backend;
  backend.RegisterWorker();
  const auto job = backend.Submit(MakeSpec(), "r");
  REQUIRE(job.has_value());
  const std::string name = "jobs/" + job->id;
  grpc::Status refused = DeleteJob(backend, name);
  CHECK(refused.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(rpc::FromGrpc(refused).reason == "JOB_NOT_FINISHED");
  CHECK(DeleteJob(backend, "jobs/none").error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(DeleteJob(backend, "").error_code() == grpc::StatusCode::NOT_FOUND);
  REQUIRE(backend.queue.Cancel(job->id).has_value());
  REQUIRE(DeleteJob(backend, name).ok());
  CHECK(backend.queue.Get(job->id).error().code == Code::kNotFound);
  CHECK(backend.metrics.deleted_jobs.Value() == 1);
  // The id may come again, with another body.
  v1::JobSpec other = MakeSpec();
  other.mutable_synthesis()->set_steps(7);
  const auto again = backend.Submit(other, "r");
  REQUIRE(again.has_value());
  CHECK(again->id != job->id);
}

TEST_CASE("A request with a field that the server does not know is refused by its number",
          "[api]") {
  ServedBackend backend;
  backend.RegisterWorker();
  const auto spoil = [](google::protobuf::Message& message, int number) {
    message.GetReflection()->MutableUnknownFields(&message)->AddVarint(number, 1);
  };
  using Request = v1::SubmitJobRequest;
  const std::vector<std::pair<std::string, std::function<void(Request&)>>> cases = {
      {"900", [&](Request& request) { spoil(request, 900); }},
      {"spec.synthesis.901",
       [&](Request& request) { spoil(*request.mutable_spec()->mutable_synthesis(), 901); }},
      {"spec.synthesis.source.902",
       [&](Request& request) {
         spoil(*request.mutable_spec()->mutable_synthesis()->mutable_source(), 902);
       }},
      // Another kind of job, which a newer client knows.
      {"spec.903",
       [&](Request& request) {
         request.mutable_spec()->clear_synthesis();
         spoil(*request.mutable_spec(), 903);
       }},
  };
  for (const auto& [field, spoil_one] : cases) {
    v1::SubmitJobRequest request;
    *request.mutable_spec() = MakeSpec();
    spoil_one(request);
    grpc::ClientContext context;
    v1::Job job;
    const grpc::Status status = backend.jobs->SubmitJob(&context, request, &job);
    INFO(field);
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(rpc::FromGrpc(status).field == field);
    CHECK_THAT(status.error_message(), Catch::Contains("does not know"));
  }
  CHECK(backend.store.Count()->queued == 0);
}

TEST_CASE("Every unary call of the public API refuses a field it does not know", "[api]") {
  ServedBackend backend;
  const auto check = [&](auto& stub, auto method, auto request, auto response) {
    request.GetReflection()->MutableUnknownFields(&request)->AddVarint(999, 1);
    grpc::ClientContext context;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    INFO(request.GetDescriptor()->full_name());
    CHECK(rpc::FromGrpc(status).field == "999");
  };
  check(*backend.jobs, &v1::JobService::Stub::SubmitJob, v1::SubmitJobRequest(), v1::Job());
  check(*backend.jobs, &v1::JobService::Stub::GetJob, v1::GetJobRequest(), v1::Job());
  check(*backend.jobs, &v1::JobService::Stub::ListJobs, v1::ListJobsRequest(),
        v1::ListJobsResponse());
  check(*backend.jobs, &v1::JobService::Stub::CancelJob, v1::CancelJobRequest(), v1::Job());
  check(*backend.jobs, &v1::JobService::Stub::DeleteJob, v1::DeleteJobRequest(),
        v1::DeleteJobResponse());
  check(*backend.synthesis, &v1::SynthesisService::Stub::Synthesize, v1::SynthesizeRequest(),
        v1::SynthesizeResponse());
  check(*backend.assets, &v1::AssetService::Stub::GetAsset, v1::GetAssetRequest(), v1::Asset());
  check(*backend.assets, &v1::AssetService::Stub::ListAssets, v1::ListAssetsRequest(),
        v1::ListAssetsResponse());
  check(*backend.assets, &v1::AssetService::Stub::DeleteAsset, v1::DeleteAssetRequest(),
        v1::DeleteAssetResponse());
  check(*backend.models, &v1::ModelService::Stub::ListModels, v1::ListModelsRequest(),
        v1::ListModelsResponse());
}

}  // namespace atelier::server
