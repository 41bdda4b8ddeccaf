// WorkerAssetService over gRPC, results of any size, and whose pictures are.
#include <catch2/catch.hpp>

#include "digest/sha256.h"
#include "rpc/status.h"
#include "server/assets/asset_storing.h"
#include "server/assets/blob_collector.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

/// A backend with one leased job.
struct LeasedBackend : ServedBackend {
  LeasedBackend() { LeaseOne(); }

  void LeaseOne(const std::string& tenant = "t") {
    RegisterWorker();
    SubmitRequest request;
    request.spec = MakeSpec();
    request.tenant = tenant;
    id = admission.Submit(request)->id;
    job = Lease().at(0);
    REQUIRE(job.id == id);
    name = "jobs/" + id;
    token = job.lease->token;
  }
  /// The reason or field of the error; the bytes otherwise.
  Result<std::string> Fetch(const std::string& asset, const std::string& of_job,
                            const std::string& under) {
    v1::FetchAssetRequest request;
    request.set_job(of_job);
    request.set_lease(under);
    request.set_asset(asset);
    grpc::ClientContext context;
    const auto reader = worker_assets->FetchAsset(&context, request);
    std::string bytes;
    v1::FetchAssetResponse response;
    while (reader->Read(&response)) {
      CHECK(response.chunk().size() <= 65536);
      bytes += response.chunk();
    }
    const grpc::Status status = reader->Finish();
    if (!status.ok()) return Unexpected(rpc::FromGrpc(status));
    return bytes;
  }
  Error StoreError(const std::string& bytes, size_t chunk_bytes = 1 << 20) {
    v1::StoreAssetResponse response;
    return rpc::FromGrpc(StoreResult(name, token, bytes, &response, chunk_bytes));
  }
  std::string SourceAsset() {
    v1::JobSpec spec;
    REQUIRE(spec.ParseFromString(job.spec));
    return spec.synthesis().source().asset();
  }
  std::vector<std::string> OwnersOf(const std::string& asset) {
    std::vector<std::string> tenants;
    const auto owners = store.ListAssetOwners(*DigestOfAsset(asset));
    for (const AssetOwner& owner : owners.value()) tenants.push_back(owner.tenant);
    return tenants;
  }

  std::string id;
  JobRecord job;
  std::string name;
  std::string token;
};

using Tenants = std::vector<std::string>;

}  // namespace

TEST_CASE("A worker fetches the pictures of the job it leased and no others", "[assets]") {
  LeasedBackend backend;
  const std::string source = backend.SourceAsset();
  CHECK(backend.Fetch(source, backend.name, backend.token) ==
        MakeSpec().synthesis().source().data());
  CHECK(backend.Fetch(source, backend.name, NewLeaseToken()).error().reason == "LEASE_LOST");
  CHECK(backend.Fetch(source, backend.name, "").error().reason == "LEASE_LOST");
  CHECK(backend.Fetch(source, "jobs/none", backend.token).error().reason == "LEASE_LOST");
  const std::string other = AssetName(*backend.blobs->Put(PngBytes(64, 64, "another's")));
  CHECK(backend.Fetch(other, backend.name, backend.token).error().reason == "ASSET_NOT_FOUND");
  CHECK(backend.Fetch("../jobs.sqlite", backend.name, backend.token).error().reason ==
        "ASSET_NOT_FOUND");
  backend.clock.Advance(kLease);
  REQUIRE(backend.dispatcher.ExpireLeases() == 1);
  CHECK(backend.Fetch(source, backend.name, backend.token).error().reason == "LEASE_LOST");
}

TEST_CASE("A result of more than a client may send is stored, recorded and downloaded whole",
          "[assets]") {
  LeasedBackend backend;
  std::string noise(40 << 20, '\0');
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * 2654435761u >> 24);
  const std::string png = PngBytes(4096, 3072, noise);
  REQUIRE(backend.CompleteWith(backend.name, backend.token, {png}, 9).ok());
  v1::GetJobRequest get;
  get.set_name(backend.name);
  grpc::ClientContext get_context;
  v1::Job job;
  REQUIRE(backend.jobs->GetJob(&get_context, get, &job).ok());
  REQUIRE(job.images_size() == 1);
  CHECK(job.images(0).seed() == 9);
  CHECK(job.images(0).width() == 4096);
  CHECK(job.images(0).height() == 3072);

  v1::DownloadAssetRequest request;
  request.set_name(job.images(0).asset());
  grpc::ClientContext context;
  const auto reader = backend.assets->DownloadAsset(&context, request);
  std::string bytes;
  v1::DownloadAssetResponse response;
  while (reader->Read(&response)) bytes += response.chunk();
  REQUIRE(reader->Finish().ok());
  CHECK(bytes == png);

  // As a source it is over the limit of pictures from clients.
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->mutable_source()->set_asset(job.images(0).asset());
  CHECK(backend.Submit(spec).error().field == "spec.synthesis.source.asset");
}

TEST_CASE("What is no whole PNG of at most 64 MiB in messages of 1 MiB is not stored", "[assets]") {
  LeasedBackend backend;
  const int before = backend.CountBlobs();
  // Without a message nobody knows whose it would be.
  CHECK(backend.StoreError("").reason == "LEASE_LOST");
  CHECK(backend.StoreError("bytes").field == "chunk");
  CHECK(backend.StoreError(JpegBytes(64, 64)).field == "chunk");
  const std::string png = PngBytes(64, 64, "painted");
  CHECK(backend.StoreError(png.substr(0, png.size() - 12)).field == "chunk");
  const std::string large = PngBytes(64, 64, std::string(2 << 20, 'x'));
  CHECK(backend.StoreError(large, 2 << 20).message.find("1048576") != std::string::npos);
  const std::string huge = PngBytes(64, 64, std::string(64 << 20, 'x'));
  CHECK(backend.StoreError(huge).message.find("67108864") != std::string::npos);
  CHECK(backend.CountBlobs() == before);
}

TEST_CASE("A picture under a lost lease is refused, and none outlives its lease", "[assets]") {
  LeasedBackend backend;
  const std::string png = PngBytes(64, 64, "painted");
  backend.token[3] ^= 1;
  CHECK(backend.StoreError(png).reason == "LEASE_LOST");
  backend.token[3] ^= 1;
  // Every message is a heartbeat.
  for (int i = 0; i < 3; ++i) {
    backend.clock.Advance(kLease - std::chrono::milliseconds(1));
    v1::StoreAssetResponse response;
    REQUIRE(backend.StoreResult(backend.name, backend.token, png, &response).ok());
    CHECK(response.width() == 64);
    CHECK(backend.dispatcher.ExpireLeases() == 0);
  }
  backend.clock.Advance(kLease);
  REQUIRE(backend.dispatcher.ExpireLeases() == 1);
  CHECK(backend.StoreError(png).reason == "LEASE_LOST");
}

TEST_CASE("A completion names what was stored for its tenant and nothing else", "[assets]") {
  LeasedBackend backend;
  const auto complete = [&](const std::string& asset) {
    v1::CompleteJobRequest request;
    request.set_job(backend.name);
    request.set_lease(backend.token);
    request.add_results()->set_asset(asset);
    grpc::ClientContext context;
    v1::CompleteJobResponse response;
    return rpc::FromGrpc(backend.dispatch->CompleteJob(&context, request, &response)).field;
  };
  const auto stored_by = [&](const std::string& tenant, const std::string& bytes) {
    return AssetName(
        StoreAsset(bytes, tenant, BlobStore::Origin::kClient, *backend.blobs, backend.queue)
            ->digest);
  };
  CHECK(complete("assets/" + std::string(64, '0')) == "results.asset");
  CHECK(complete("nonsense") == "results.asset");
  CHECK(complete(stored_by("other", PngBytes(64, 64, "another's"))) == "results.asset");
  CHECK(complete(stored_by("t", JpegBytes(64, 64))) == "results.asset");
  CHECK(backend.queue.Get(backend.id)->state == JobState::kRunning);
  v1::StoreAssetResponse stored;
  const std::string png = PngBytes(64, 64, "painted");
  REQUIRE(backend.StoreResult(backend.name, backend.token, png, &stored).ok());
  CHECK(complete(stored.asset()) == "");
  CHECK(backend.queue.Get(backend.id)->state == JobState::kSucceeded);
}

TEST_CASE("A picture that comes with the completion is stored and owned when the job has succeeded",
          "[assets]") {
  LeasedBackend backend;
  const int before = backend.CountBlobs();
  v1::CompleteJobRequest request;
  request.set_job(backend.name);
  request.set_lease(backend.token);
  v1::JobResult& result = *request.add_results();
  const auto complete = [&] {
    grpc::ClientContext context;
    v1::CompleteJobResponse response;
    return backend.dispatch->CompleteJob(&context, request, &response);
  };
  const auto refusal = [&] { return rpc::FromGrpc(complete()); };
  const std::string png = PngBytes(64, 48, "painted");
  result.set_png(JpegBytes(64, 64));
  CHECK(refusal().field == "results.png");
  result.set_png(png.substr(0, png.size() - 12));
  CHECK(refusal().field == "results.png");
  result.set_png(PngBytes(64, 64, std::string(1 << 20, 'x')));
  CHECK(refusal().message.find("at most 1048576 bytes") != std::string::npos);
  result.set_png(png);
  result.set_asset(backend.SourceAsset());
  CHECK(refusal().field == "results");
  result.clear_asset();
  request.set_lease(NewLeaseToken());
  CHECK(refusal().reason == "LEASE_LOST");
  CHECK(backend.queue.Get(backend.id)->state == JobState::kRunning);
  CHECK(backend.CountBlobs() == before);

  request.set_lease(backend.token);
  result.set_seed(7);
  REQUIRE(complete().ok());
  v1::Job job;
  REQUIRE(job.ParseFromString(backend.queue.Get(backend.id)->outcome));
  REQUIRE(job.images_size() == 1);
  CHECK(job.images(0).asset() == AssetName(Sha256Hex(png)));
  CHECK(job.images(0).seed() == 7);
  CHECK(job.images(0).height() == 48);
  CHECK(job.images(0).width() == 64);
  CHECK(backend.blobs->Get(Sha256Hex(png)) == png);
  CHECK(backend.OwnersOf(job.images(0).asset()) == Tenants{"t"});
}

TEST_CASE("Pictures belong to whoever uploaded, submitted or was painted them", "[assets]") {
  LeasedBackend backend;
  const std::string source = backend.SourceAsset();
  CHECK(backend.OwnersOf(source) == Tenants{"t"});
  v1::StoreAssetResponse stored;
  const std::string png = PngBytes(64, 64, "painted");
  REQUIRE(backend.StoreResult(backend.name, backend.token, png, &stored).ok());
  CHECK(backend.OwnersOf(stored.asset()) == Tenants{"t"});

  const auto upload = [&](const std::string& tenant) {
    grpc::ClientContext context;
    if (!tenant.empty()) context.AddMetadata("atelier-tenant", tenant);
    v1::Asset asset;
    const auto writer = backend.assets->UploadAsset(&context, &asset);
    v1::UploadAssetRequest request;
    request.set_chunk(MakeSpec().synthesis().source().data());
    writer->Write(request);
    writer->WritesDone();
    REQUIRE(writer->Finish().ok());
    return asset.name();
  };
  CHECK(upload("u") == source);
  CHECK(upload("") == source);
  CHECK(backend.OwnersOf(source) == Tenants{"default", "t", "u"});
}

TEST_CASE("A picture that goes takes its owners along, deleted or collected", "[assets]") {
  LeasedBackend backend;
  v1::StoreAssetResponse stored;
  const std::string png = PngBytes(64, 64, "painted");
  REQUIRE(backend.StoreResult(backend.name, backend.token, png, &stored).ok());
  SECTION("deleted") {
    v1::DeleteAssetRequest request;
    request.set_name(stored.asset());
    grpc::ClientContext context;
    v1::DeleteAssetResponse response;
    REQUIRE(backend.assets->DeleteAsset(&context, request, &response).ok());
  }
  SECTION("collected") {
    BlobCollector collector(backend.store, *backend.blobs, backend.metrics,
                            {std::chrono::hours(24)});
    backend.clock.Advance(std::chrono::hours(25));
    REQUIRE(collector.Collect()->blobs == 1);
  }
  CHECK(backend.OwnersOf(stored.asset()).empty());
  CHECK(backend.OwnersOf(backend.SourceAsset()) == Tenants{"t"});
}

TEST_CASE("A picture that the quota refuses has no owner", "[assets]") {
  Backend backend;
  const auto blobs = *FolderBlobStore::Open(backend.dir.path() / "small", {40}, backend.clock);
  const std::string bytes(41, 'x');
  CHECK(StoreAsset(bytes, "t", BlobStore::Origin::kClient, *blobs, backend.queue).error().reason ==
        "STORAGE_QUOTA");
  CHECK(backend.store.ListAssetOwners(Sha256Hex(bytes))->empty());
  REQUIRE(StoreAsset(bytes, "t", BlobStore::Origin::kWorker, *blobs, backend.queue).has_value());
  CHECK(backend.store.ListAssetOwners(Sha256Hex(bytes))->size() == 1);
}

}  // namespace atelier::server
