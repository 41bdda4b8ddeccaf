// What one tenant's token reaches of another's: nothing, and nothing that tells that it is there.
#include <catch2/catch.hpp>

#include "rpc/status.h"
#include "unit/server/access/guarded_backend.h"

namespace atelier::server {
namespace {

/// One tenant's client.
struct Tenant {
  Tenant(GuardedBackend& backend, const std::string& token)
      : channel(backend.As(token)),
        jobs(v1::JobService::NewStub(channel)),
        assets(v1::AssetService::NewStub(channel)),
        poses(v1::PoseService::NewStub(channel)) {}

  std::string Upload(const std::string& bytes) {
    grpc::ClientContext context;
    v1::Asset asset;
    const auto writer = assets->UploadAsset(&context, &asset);
    v1::UploadAssetRequest request;
    request.set_chunk(bytes);
    writer->Write(request);
    writer->WritesDone();
    REQUIRE(writer->Finish().ok());
    return asset.name();
  }
  grpc::Status Submit(const v1::JobSpec& spec, v1::Job* job, const std::string& request_id = "") {
    grpc::ClientContext context;
    v1::SubmitJobRequest request;
    *request.mutable_spec() = spec;
    request.set_request_id(request_id);
    return jobs->SubmitJob(&context, request, job);
  }
  grpc::Status GetAsset(const std::string& name) {
    grpc::ClientContext context;
    v1::GetAssetRequest request;
    request.set_name(name);
    v1::Asset asset;
    return assets->GetAsset(&context, request, &asset);
  }
  grpc::Status Download(const std::string& name) {
    grpc::ClientContext context;
    v1::DownloadAssetRequest request;
    request.set_name(name);
    const auto reader = assets->DownloadAsset(&context, request);
    v1::DownloadAssetResponse response;
    while (reader->Read(&response)) {
    }
    return reader->Finish();
  }
  grpc::Status DeleteAsset(const std::string& name) {
    grpc::ClientContext context;
    v1::DeleteAssetRequest request;
    request.set_name(name);
    v1::DeleteAssetResponse response;
    return assets->DeleteAsset(&context, request, &response);
  }
  std::vector<std::string> ListAssets() {
    grpc::ClientContext context;
    v1::ListAssetsResponse response;
    REQUIRE(assets->ListAssets(&context, {}, &response).ok());
    std::vector<std::string> names;
    for (const v1::Asset& asset : response.assets()) names.push_back(asset.name());
    return names;
  }
  int CountJobs(const std::string& of_tenant = "") {
    grpc::ClientContext context;
    v1::ListJobsRequest request;
    request.set_tenant(of_tenant);
    v1::ListJobsResponse response;
    REQUIRE(jobs->ListJobs(&context, request, &response).ok());
    return response.jobs_size();
  }
  /// The statuses of every call that names a job.
  std::vector<grpc::Status> TryJob(const std::string& name) {
    std::vector<grpc::Status> statuses;
    const auto call = [&](auto method, auto request, auto response) {
      grpc::ClientContext context;
      request.set_name(name);
      statuses.push_back((jobs.get()->*method)(&context, request, &response));
    };
    call(&v1::JobService::Stub::GetJob, v1::GetJobRequest(), v1::Job());
    call(&v1::JobService::Stub::CancelJob, v1::CancelJobRequest(), v1::Job());
    call(&v1::JobService::Stub::DeleteJob, v1::DeleteJobRequest(), v1::DeleteJobResponse());
    grpc::ClientContext context;
    v1::WatchJobRequest request;
    request.set_name(name);
    const auto reader = jobs->WatchJob(&context, request);
    v1::WatchJobResponse event;
    CHECK_FALSE(reader->Read(&event));
    statuses.push_back(reader->Finish());
    return statuses;
  }

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::JobService::Stub> jobs;
  std::unique_ptr<v1::AssetService::Stub> assets;
  std::unique_ptr<v1::PoseService::Stub> poses;
};

v1::JobSpec SpecOf(const std::string& asset) {
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->mutable_source()->set_asset(asset);
  return spec;
}

struct TwoTenants : GuardedBackend {
  TwoTenants()
      : acme(*this, ClientToken("acme")),
        other(*this, ClientToken("other")),
        third(*this, ClientToken("third")) {
    RegisterWorker();
  }
  Tenant acme, other, third;
};

}  // namespace

TEST_CASE("Another tenant's job is not found by any call, as one that never was", "[access]") {
  TwoTenants studio;
  v1::Job job;
  REQUIRE(studio.acme.Submit(MakeSpec(), &job).ok());
  const std::string never = "jobs/" + std::string(job.name().size() - 5, 'x');
  const std::vector<grpc::Status> theirs = studio.other.TryJob(job.name());
  const std::vector<grpc::Status> none = studio.other.TryJob(never);
  for (size_t i = 0; i < theirs.size(); ++i) {
    CHECK(theirs[i].error_code() == grpc::StatusCode::NOT_FOUND);
    CHECK(rpc::FromGrpc(theirs[i]).reason == rpc::FromGrpc(none[i]).reason);
  }
  CHECK(studio.other.CountJobs() == 0);
  CHECK(studio.other.CountJobs("acme") == 0);
  CHECK(studio.acme.CountJobs() == 1);
  CHECK(studio.queue.Get(job.name().substr(5))->state == JobState::kQueued);
  // An administrator sees it, and as another tenant does not.
  Tenant ops(studio, kAdministratorSecret);
  CHECK(ops.CountJobs() == 1);
}

TEST_CASE("A request_id of one tenant is free for another", "[access]") {
  TwoTenants studio;
  v1::Job one, two;
  REQUIRE(studio.acme.Submit(MakeSpec(), &one, "same").ok());
  REQUIRE(studio.other.Submit(MakeSpec(), &two, "same").ok());
  CHECK(one.name() != two.name());
  CHECK(two.tenant() == "other");
}

TEST_CASE("A picture that two tenants stored is one file, and not there for a third", "[access]") {
  TwoTenants studio;
  const std::string picture = PngBytes(64, 64, "shared");
  const std::string name = studio.acme.Upload(picture);
  CHECK(studio.other.ListAssets().empty());
  CHECK(studio.other.Upload(picture) == name);
  CHECK(studio.CountBlobs() == 1);
  CHECK(studio.acme.ListAssets() == std::vector<std::string>{name});
  CHECK(studio.other.ListAssets() == std::vector<std::string>{name});

  CHECK(studio.third.ListAssets().empty());
  for (const grpc::Status& status :
       {studio.third.GetAsset(name), studio.third.Download(name), studio.third.DeleteAsset(name)}) {
    CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
    CHECK(rpc::FromGrpc(status).reason == "ASSET_NOT_FOUND");
  }
  v1::Job job;
  const grpc::Status named = studio.third.Submit(SpecOf(name), &job);
  const grpc::Status never = studio.third.Submit(SpecOf("assets/" + std::string(64, '0')), &job);
  CHECK(named.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(named.error_code() == never.error_code());
  CHECK(rpc::FromGrpc(named).field == rpc::FromGrpc(never).field);
  v1::EstimatePoseRequest pose;
  pose.mutable_picture()->set_asset(name);
  grpc::ClientContext context;
  v1::EstimatePoseResponse response;
  CHECK(studio.third.poses->EstimatePose(&context, pose, &response).error_code() ==
        grpc::StatusCode::NOT_FOUND);

  // One of the two lets go of it: it stays for the other, and the last one takes it along.
  CHECK(studio.acme.DeleteAsset(name).ok());
  CHECK(studio.acme.GetAsset(name).error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(studio.other.Download(name).ok());
  CHECK(studio.other.Submit(SpecOf(name), &job).ok());
  CHECK(rpc::FromGrpc(studio.other.DeleteAsset(name)).reason == "ASSET_IN_USE");
  REQUIRE(studio.queue.Cancel(job.name().substr(5)).has_value());
  REQUIRE(studio.queue.Delete(job.name().substr(5)).has_value());
  CHECK(studio.other.DeleteAsset(name).ok());
  CHECK(studio.other.Download(name).error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("A tenant's list of pictures comes in pages, the last stored first", "[access]") {
  TwoTenants studio;
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    names.insert(names.begin(), studio.acme.Upload(PngBytes(64, 64, std::to_string(i))));
    studio.other.Upload(PngBytes(64, 64, "other " + std::to_string(i)));
    studio.clock.Advance(std::chrono::milliseconds(5));
  }
  std::vector<std::string> listed;
  v1::ListAssetsRequest request;
  request.set_page_size(2);
  do {
    grpc::ClientContext context;
    v1::ListAssetsResponse page;
    REQUIRE(studio.acme.assets->ListAssets(&context, request, &page).ok());
    for (const v1::Asset& asset : page.assets()) listed.push_back(asset.name());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  CHECK(listed == names);
}

TEST_CASE("A caller who names another tenant is refused", "[access]") {
  TwoTenants studio;
  grpc::ClientContext context;
  context.AddMetadata("atelier-tenant", "acme");
  v1::ListJobsResponse response;
  CHECK(studio.other.jobs->ListJobs(&context, {}, &response).error_code() ==
        grpc::StatusCode::PERMISSION_DENIED);
}

TEST_CASE("On a door of this machine a named tenant sees its own, and nobody's name sees all",
          "[access]") {
  GuardedBackend backend({.open = true});
  backend.RegisterWorker();
  Tenant anybody(backend, "");
  const std::string name = anybody.Upload(PngBytes(64, 64, "mine"));
  const auto get = [&](const std::string& tenant) {
    grpc::ClientContext context;
    if (!tenant.empty()) context.AddMetadata("atelier-tenant", tenant);
    v1::GetAssetRequest request;
    request.set_name(name);
    v1::Asset asset;
    return anybody.assets->GetAsset(&context, request, &asset).error_code();
  };
  CHECK(get("") == grpc::StatusCode::OK);
  CHECK(get("default") == grpc::StatusCode::OK);
  CHECK(get("acme") == grpc::StatusCode::NOT_FOUND);
  CHECK(get("no/name") == grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace atelier::server
