#include "server/assets/blob_collector.h"

#include <catch2/catch.hpp>

#include "unit/server/backend.h"

namespace atelier::server {
namespace {

constexpr std::chrono::hours kDay(24);

bool IsThere(Backend& backend, const std::string& asset) {
  return backend.blobs->Stat(*DigestOfAsset(asset)).has_value();
}

v1::SynthesisSpec StoredSpec(const JobRecord& job) {
  v1::JobSpec spec;
  REQUIRE(spec.ParseFromString(job.spec));
  return spec.synthesis();
}

}  // namespace

TEST_CASE("Pictures of kept jobs stay, those of a pruned one and of none go", "[blobs]") {
  JobQueue::Options options;
  options.retain_finished = kDay * 7;
  Backend backend(options);
  backend.RegisterWorker();
  BlobCollector collector(backend.store, *backend.blobs, backend.metrics, {kDay});

  const JobRecord job = *backend.Submit(MakeSpec());
  const v1::SynthesisSpec spec = StoredSpec(job);
  const std::string stray = AssetName(*backend.blobs->Put("a stray upload"));
  const JobRecord leased = backend.Lease().at(0);
  v1::PaintedImage image;
  image.set_asset(AssetName(*backend.blobs->Put("result", BlobStore::Origin::kWorker)));
  REQUIRE(
      backend.dispatcher.Complete(job.id, leased.lease->token, {.images = {image}}).has_value());

  CHECK(collector.Collect()->blobs == 0);
  backend.clock.Advance(kDay);
  CHECK(collector.Collect()->blobs == 1);
  CHECK_FALSE(IsThere(backend, stray));
  CHECK(IsThere(backend, spec.source().asset()));
  CHECK(IsThere(backend, spec.pose_picture().asset()));
  CHECK(IsThere(backend, image.asset()));
  CHECK(backend.metrics.collected_blobs.Value() == 1);

  backend.clock.Advance(kDay * 7);
  REQUIRE(backend.queue.Prune() == 1);
  CHECK(collector.Collect()->blobs == 3);
  CHECK_FALSE(IsThere(backend, image.asset()));
  CHECK(backend.metrics.blob_bytes.Value() == 0);
}

TEST_CASE("A picture that a new job names by an old upload is not collected", "[blobs]") {
  Backend backend;
  backend.RegisterWorker();
  BlobCollector collector(backend.store, *backend.blobs, backend.metrics, {kDay});
  v1::JobSpec spec = MakeSpec();
  const std::string asset = AssetName(*backend.blobs->Put(PngBytes(64, 64, "uploaded before")));
  spec.mutable_synthesis()->mutable_source()->set_asset(asset);
  backend.clock.Advance(kDay);
  const JobRecord job = *backend.Submit(spec);
  CHECK(collector.Collect()->blobs == 0);
  REQUIRE(backend.queue.Cancel(job.id).has_value());
  // A finished job that is still kept names it as well.
  backend.clock.Advance(kDay);
  CHECK(collector.Collect()->blobs == 0);
  CHECK(IsThere(backend, asset));
}

TEST_CASE("A job that cannot be read keeps every picture", "[blobs]") {
  Backend backend;
  BlobCollector collector(backend.store, *backend.blobs, backend.metrics, {kDay});
  REQUIRE(backend.blobs->Put("upload").has_value());
  JobRecord job;
  job.id = "broken";
  job.spec = "\xff\xff";
  REQUIRE(backend.store.Insert(job, {}).has_value());
  backend.clock.Advance(kDay);
  CHECK(collector.Collect().error().code == Code::kDataLoss);
  CHECK(backend.blobs->bytes() == 6);
}

}  // namespace atelier::server
