#include "server/admission/admission.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "picture/png_text.h"
#include "server/admission/spec_check.h"
#include "server/admission/synthesis_kind.h"
#include "unit/server/backend.h"

namespace atelier::server {
namespace {

struct BadSpec {
  const char* what;
  std::function<void(v1::SynthesisSpec&)> spoil;
  const char* field;
  const char* given;
};

const BadSpec kBadSpecs[] = {
    {"a wrong file", [](auto& s) { s.mutable_source()->set_data("hello"); },
     "spec.synthesis.source", "5 bytes"},
    {"a 1 x 1 picture", [](auto& s) { s.mutable_source()->set_data(PngBytes(1, 1)); },
     "spec.synthesis.source", "1 x 1"},
    {"no source", [](auto& s) { s.clear_source(); }, "spec.synthesis.source", "none"},
    {"no pose", [](auto& s) { s.clear_target(); }, "spec.synthesis.target", "none"},
    {"a JPEG as IUV", [](auto& s) { s.mutable_pose_iuv()->set_data(JpegBytes(64, 64)); },
     "spec.synthesis.pose_iuv", "image/jpeg"},
    {"a JPEG as the source's IUV",
     [](auto& s) { s.mutable_source_iuv()->set_data(JpegBytes(64, 64)); },
     "spec.synthesis.source_iuv", "image/jpeg"},
    {"an unknown chart", [](auto& s) { s.set_iuv_chart("smpl"); }, "spec.synthesis.iuv_chart",
     "smpl"},
    {"a chart that the file contradicts",
     [](auto& s) {
       s.set_iuv_chart("atelier");
       s.mutable_pose_iuv()->set_data(AddPngText(PngBytes(64, 64), "iuv_chart", "densepose"));
     },
     "spec.synthesis.iuv_chart", "atelier"},
    {"a file that says an unknown chart",
     [](auto& s) {
       s.mutable_source_iuv()->set_data(AddPngText(PngBytes(64, 64), "iuv_chart", "uv"));
     },
     "spec.synthesis.source_iuv", "uv"},
    {"a black IUV", [](auto& s) { s.mutable_pose_iuv()->set_data(IuvBytes(64, 64, 0, 0)); },
     "spec.synthesis.pose_iuv", "R is 0 in all of 64 x 64 pixels"},
    {"an IUV in OpenCV's order",
     [](auto& s) { s.mutable_pose_iuv()->set_data(IuvBytes(64, 64, 200, 5)); },
     "spec.synthesis.pose_iuv", "200; B holds 0..5: the channels seem to stand as V, U, part"},
    {"an IUV that is said to be in OpenCV's order",
     [](auto& s) {
       s.mutable_source_iuv()->set_data(IuvBytes(64, 64));
       s.set_iuv_channels(v1::IUV_CHANNELS_VUI);
     },
     "spec.synthesis.source_iuv", "200; R holds 0..5"},
    {"an order that there is not",
     [](auto& s) { s.set_iuv_channels(static_cast<v1::IuvChannels>(7)); },
     "spec.synthesis.iuv_channels", "7"},
    {"an IUV of broken pixels", [](auto& s) { s.mutable_pose_iuv()->set_data(PngBytes(64, 64)); },
     "spec.synthesis.pose_iuv", "pixels that end too early"},
    {"an IUV of another size than its source",
     [](auto& s) { s.mutable_source_iuv()->set_data(IuvBytes(64, 48)); },
     "spec.synthesis.source_iuv", "64 x 48 pixels"},
    {"a wrong texture", [](auto& s) { s.mutable_texture()->set_data("x"); },
     "spec.synthesis.texture", "1 bytes"},
    {"a bomb as face", [](auto& s) { s.mutable_face()->set_data(PngBytes(60000, 60000)); },
     "spec.synthesis.face", "60000 x 60000"},
    {"an unknown model", [](auto& s) { s.set_model("models/none"); }, "spec.synthesis.model",
     "models/none"},
    {"an odd height", [](auto& s) { s.set_height(257); }, "spec.synthesis.height", "257"},
    {"a small width", [](auto& s) { s.set_width(56); }, "spec.synthesis.width", "56"},
    {"a large width", [](auto& s) { s.set_width(1032); }, "spec.synthesis.width", "1032"},
    {"no steps", [](auto& s) { s.set_steps(0); }, "spec.synthesis.steps", "0"},
    {"many steps", [](auto& s) { s.set_steps(201); }, "spec.synthesis.steps", "201"},
    {"low guidance", [](auto& s) { s.set_guidance(0.5); }, "spec.synthesis.guidance", "0.5"},
    {"NaN guidance", [](auto& s) { s.set_guidance(std::nan("")); }, "spec.synthesis.guidance",
     "nan"},
    {"a strange scheduler", [](auto& s) { s.set_scheduler("fast"); }, "spec.synthesis.scheduler",
     "fast"},
    {"nine pictures", [](auto& s) { s.set_image_count(9); }, "spec.synthesis.image_count", "9"},
    {"negative previews", [](auto& s) { s.set_preview_every(-1); }, "spec.synthesis.preview_every",
     "-1"},
};

}  // namespace

TEST_CASE("A request that can never run is refused by field and value and leaves nothing",
          "[admission]") {
  Backend backend;
  backend.RegisterWorker();
  for (const BadSpec& bad : kBadSpecs) {
    INFO(bad.what);
    v1::JobSpec spec = MakeSpec();
    bad.spoil(*spec.mutable_synthesis());
    const auto job = backend.Submit(spec);
    REQUIRE_FALSE(job.has_value());
    CHECK(job.error().code == Code::kInvalidArgument);
    CHECK(job.error().field == bad.field);
    CHECK_THAT(job.error().message, Catch::Contains("Given: " + std::string(bad.given)));
  }
  CHECK(backend.store.Count()->queued == 0);
  CHECK(backend.CountBlobs() == 0);
}

TEST_CASE("An IUV in a chart that the model does not read is refused and leaves nothing",
          "[admission]") {
  Backend backend;
  backend.RegisterWorker();
  v1::Model published;
  published.set_name("models/published");
  published.set_iuv_chart("densepose");
  REQUIRE(backend.workers.Register("w2", {published}).has_value());
  v1::JobSpec spec = MakeSpec();
  v1::SynthesisSpec& synthesis = *spec.mutable_synthesis();
  synthesis.set_model("models/published");
  const std::string iuv = AddPngText(IuvBytes(64, 64), "iuv_chart", "atelier");
  const auto refused = [&](const std::string& field) {
    const auto job = backend.Submit(spec);
    REQUIRE_FALSE(job.has_value());
    CHECK(job.error().code == Code::kFailedPrecondition);
    CHECK(job.error().reason == "IUV_CHART");
    CHECK(job.error().field == field);
    CHECK_THAT(job.error().message, Catch::Contains("DensePose export"));
  };
  synthesis.mutable_pose_iuv()->set_data(iuv);
  refused("spec.synthesis.pose_iuv");
  synthesis.mutable_pose_iuv()->set_data(IuvBytes(64, 64));
  synthesis.mutable_source_iuv()->set_data(iuv);
  refused("spec.synthesis.source_iuv");
  CHECK(backend.CountBlobs() == 0);
  const auto stored = backend.blobs->Put(iuv);
  REQUIRE(stored.has_value());
  synthesis.mutable_source_iuv()->set_asset(AssetName(*stored));
  refused("spec.synthesis.source_iuv");
  CHECK(backend.store.Count()->queued == 0);
  // A model of the chart takes it, and one whose chart is not known may.
  synthesis.set_model("");
  CHECK(backend.Submit(spec).has_value());
}

TEST_CASE("IUVs in OpenCV's order are taken where the spec says so, stored as they are",
          "[admission]") {
  Backend backend;
  backend.RegisterWorker();
  v1::JobSpec spec = MakeSpec();
  v1::SynthesisSpec& synthesis = *spec.mutable_synthesis();
  synthesis.mutable_pose_iuv()->set_data(IuvBytes(64, 64, 200, 5));
  synthesis.set_iuv_channels(v1::IUV_CHANNELS_VUI);
  const auto job = backend.Submit(spec);
  REQUIRE(job.has_value());
  v1::JobSpec stored;
  REQUIRE(stored.ParseFromString(job->spec));
  CHECK(stored.synthesis().iuv_channels() == v1::IUV_CHANNELS_VUI);
  // Named by its content, it is checked as well.
  const auto reversed = backend.blobs->Put(IuvBytes(64, 64, 201, 5));
  REQUIRE(reversed.has_value());
  synthesis.mutable_pose_iuv()->set_asset(AssetName(*reversed));
  CHECK(backend.Submit(spec).has_value());
  synthesis.clear_iuv_channels();
  CHECK(backend.Submit(spec).error().field == "spec.synthesis.pose_iuv");
}

TEST_CASE("A texture that is not of the model's size is refused before it waits", "[admission]") {
  Backend backend;
  v1::Model model;
  model.set_name("models/sized");
  model.set_texture_height(64);
  model.set_texture_width(96);
  REQUIRE(backend.workers.Register("w2", {model}).has_value());
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->set_model("models/sized");
  spec.mutable_synthesis()->mutable_texture()->set_data(PngBytes(64, 64));
  const auto job = backend.Submit(spec);
  REQUIRE_FALSE(job.has_value());
  CHECK(job.error().field == "spec.synthesis.texture");
  CHECK_THAT(job.error().message, Catch::Contains("96 x 64 pixels. Given: 64 x 64 pixels"));
  spec.mutable_synthesis()->mutable_texture()->set_data(PngBytes(96, 64));
  CHECK(backend.Submit(spec).has_value());
}

TEST_CASE("An IUV as the pose of a model that reads keypoints is refused before it waits",
          "[admission]") {
  Backend backend;
  v1::Model model;
  model.set_name("models/keypoints");
  model.add_conditions(v1::CONDITION_SOURCE_PICTURE);
  model.add_conditions(v1::CONDITION_KEYPOINT_PICTURE);
  REQUIRE(backend.workers.Register("w2", {model}).has_value());
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->set_model("models/keypoints");
  spec.mutable_synthesis()->mutable_pose_iuv()->set_data(IuvBytes(64, 64));
  const auto job = backend.Submit(spec);
  REQUIRE_FALSE(job.has_value());
  CHECK(job.error().field == "spec.synthesis.pose_iuv");
  CHECK_THAT(job.error().message, Catch::Contains("pose_picture"));
  spec.mutable_synthesis()->mutable_pose_picture()->set_data(PngBytes(64, 64));
  CHECK(backend.Submit(spec).has_value());
}

TEST_CASE("The source's IUV is stored, and the job names the asset", "[admission]") {
  Backend backend;
  backend.RegisterWorker();
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->mutable_source_iuv()->set_data(IuvBytes(64, 64));
  const auto job = backend.Submit(spec);
  REQUIRE(job.has_value());
  v1::JobSpec stored;
  REQUIRE(stored.ParseFromString(job->spec));
  CHECK(stored.synthesis().source_iuv().has_asset());
}

TEST_CASE("A priority or a time to live out of its range is refused by name", "[admission]") {
  Backend backend;
  backend.RegisterWorker();
  const auto field = [&](int priority, int64_t ttl_seconds, int nanos = 0) {
    v1::JobSpec spec = MakeSpec();
    spec.set_priority(priority);
    if (ttl_seconds != 0 || nanos != 0) {
      spec.mutable_queue_ttl()->set_seconds(ttl_seconds);
      spec.mutable_queue_ttl()->set_nanos(nanos);
    }
    const auto job = backend.Submit(spec);
    return job ? std::string() : job.error().field;
  };
  CHECK(field(11, 0) == "spec.priority");
  CHECK(field(-11, 0) == "spec.priority");
  CHECK(field(0, -1) == "spec.queue_ttl");
  CHECK(field(0, 0, 5) == "spec.queue_ttl");
  CHECK(field(0, 30 * 24 * 3600 + 1) == "spec.queue_ttl");
  CHECK(field(0, 1, -5) == "spec.queue_ttl");
  CHECK(backend.store.Count()->queued == 0);
  CHECK(field(10, 1) == "");
  CHECK(field(-10, 30 * 24 * 3600) == "");
}

TEST_CASE("A missing asset is NOT_FOUND, and a spec of no kind invalid", "[admission]") {
  Backend backend;
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->mutable_face()->set_asset("assets/" + std::string(64, 'a'));
  const auto missing = backend.Submit(spec);
  CHECK(missing.error().code == Code::kNotFound);
  CHECK(missing.error().field == "spec.synthesis.face.asset");
  CHECK(backend.Submit({}).error().code == Code::kInvalidArgument);
  CHECK(backend.Submit({}).error().field == "spec");
  CHECK(backend.store.Count()->queued == 0);
  CHECK(backend.CountBlobs() == 0);
}

TEST_CASE("An accepted job holds assets, the model's defaults and a seed", "[admission]") {
  Backend backend;
  backend.RegisterWorker();
  const auto job = backend.Submit(MakeSpec());
  REQUIRE(job.has_value());
  v1::JobSpec stored;
  REQUIRE(stored.ParseFromString(job->spec));
  const v1::SynthesisSpec& spec = stored.synthesis();
  CHECK(spec.model() == "models/atelier-mini");
  CHECK(spec.height() == 64);
  CHECK(spec.steps() == 20);
  CHECK(spec.guidance() == 3.5);
  CHECK(spec.scheduler() == "ddim");
  CHECK(spec.image_count() == 1);
  CHECK(spec.has_seed());
  const auto digest = DigestOfAsset(spec.source().asset());
  REQUIRE(digest.has_value());
  CHECK(backend.blobs->Get(*digest) == PngBytes(64, 64, "source"));

  // The stored picture can be named in the next job.
  v1::JobSpec by_name = MakeSpec();
  *by_name.mutable_synthesis()->mutable_source() = spec.source();
  by_name.mutable_synthesis()->mutable_texture()->set_asset(spec.source().asset());
  by_name.mutable_synthesis()->set_seed(0);
  const auto second = backend.Submit(by_name);
  REQUIRE(second.has_value());
  REQUIRE(stored.ParseFromString(second->spec));
  CHECK(stored.synthesis().seed() == 0);
}

TEST_CASE("Before the first worker the default model alone may queue", "[admission]") {
  Backend backend;
  CHECK(backend.Submit(MakeSpec()).has_value());
  v1::JobSpec other = MakeSpec();
  other.mutable_synthesis()->set_model("models/other");
  CHECK(backend.Submit(other).error().code == Code::kInvalidArgument);
}

TEST_CASE("A model stays known when its worker is gone and the server restarts", "[admission]") {
  Backend backend;
  backend.RegisterWorker("w", "models/other");
  WorkerRegistry restarted(backend.store, backend.clock, kLease);
  REQUIRE(restarted.Recover().has_value());
  CHECK(restarted.FindKnown("models/other").has_value());
  CHECK(restarted.LiveModels().empty());
  CHECK_FALSE(restarted.ModelsOf("w").has_value());

  CHECK(backend.workers.LiveModels().size() == 1);
  backend.clock.Advance(kLease * 5);
  CHECK(backend.workers.LiveModels().empty());
}

TEST_CASE("The same request id joins its job and another body is refused", "[admission]") {
  Backend backend({1, 3});
  v1::JobSpec spec = MakeSpec();
  const auto first = backend.Submit(spec, "order-1");
  REQUIRE(first.has_value());
  // In a full queue too, and with the drawn seed of the first.
  const auto again = backend.Submit(spec, "order-1");
  REQUIRE(again.has_value());
  CHECK(*again == *first);
  spec.mutable_synthesis()->set_steps(3);
  const auto other = backend.Submit(spec, "order-1");
  CHECK(other.error().code == Code::kAlreadyExists);
  CHECK(other.error().reason == "REQUEST_ID_REUSED");
  CHECK(backend.Submit(spec, "order-2").error().reason == "QUEUE_FULL");
  CHECK(backend.metrics.RefusedSubmits("QUEUE_FULL").Value() == 1);
  CHECK(backend.metrics.RefusedSubmits("REQUEST_ID_REUSED").Value() == 1);
  CHECK(backend.metrics.submitted_jobs.Value() == 1);
}

TEST_CASE("A request id of strange characters or of 129 is refused", "[admission]") {
  CHECK(CheckRequestId(std::string(128, 'a')).has_value());
  CHECK(CheckRequestId("A-z_0.9").has_value());
  CHECK(CheckRequestId(std::string(129, 'a')).error().field == "request_id");
  CHECK(CheckRequestId("a b").error().field == "request_id");
  CHECK(CheckRequestId("ä").error().field == "request_id");
}

TEST_CASE("Jobs that cannot share a batch have different keys", "[admission]") {
  const SynthesisKind kind;
  v1::JobSpec job;
  v1::SynthesisSpec& spec = *job.mutable_synthesis();
  spec.set_model("models/a");
  spec.set_height(64);
  spec.set_width(128);
  spec.set_steps(20);
  spec.set_guidance(3.5);
  spec.set_scheduler("ddim");
  const std::string key = kind.BatchKey(job);
  const auto key_with = [&](const std::function<void(v1::SynthesisSpec&)>& change) {
    v1::JobSpec copy = job;
    change(*copy.mutable_synthesis());
    return kind.BatchKey(copy);
  };
  CHECK(key_with([](auto& s) { s.set_model("models/b"); }) != key);
  CHECK(key_with([](auto& s) { s.set_height(128), s.set_width(64); }) != key);
  CHECK(key_with([](auto& s) { s.set_steps(21); }) != key);
  CHECK(key_with([](auto& s) { s.set_scheduler("euler"); }) != key);
  CHECK(key_with([](auto& s) { s.set_guidance(1); }) != key);
  CHECK(key_with([](auto& s) { s.set_guidance(7); }) == key);
  CHECK(key_with([](auto& s) { s.set_seed(9), s.set_image_count(2); }) == key);
}

}  // namespace atelier::server
