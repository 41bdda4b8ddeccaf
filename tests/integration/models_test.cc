// Models whose texture layouts, IUV charts and networks differ, served by the same processes.
#include <signal.h>

#include <catch2/catch.hpp>

#include "integration/studio.h"
#include "integration/test_pictures.h"
#include "picture/png_text.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

/// Flags of a pose service that reads photographs by a DensePose network and a keypoint network,
/// which takes red for a person.
std::vector<std::string> PhotographFlags() {
  return {"--densepose-network", (TinyPublishedModel() / "densepose.ts").string(),
          "--keypoint-network",
          std::string(ATELIER_SOURCE_DIR) + "/tests/unit/perception/data/openpose.onnx"};
}

/// From picture to picture, without an IUV.
v1::SynthesisSpec PictureSpec(const std::string& model) {
  v1::SynthesisSpec spec = PersonSpec(2);
  spec.mutable_pose_picture()->set_data(PersonPng(1));
  spec.set_model(model);
  return spec;
}

/// From a picture and IUV pictures, of which nobody says the chart.
v1::SynthesisSpec IuvSpec(const std::string& model) {
  v1::SynthesisSpec spec = PersonSpec(2);
  spec.mutable_source_iuv()->set_data(PersonIuvPng());
  spec.clear_iuv_chart();
  spec.set_model(model);
  return spec;
}

void CheckPaints(Studio& studio, const v1::SynthesisSpec& spec) {
  INFO(spec.model());
  const auto done = studio.client().Synthesize(spec);
  INFO((done ? "" : done.error().message));
  REQUIRE(done.has_value());
  const TinyModelFacts model = ReadTinyModelFacts();
  REQUIRE(done->pngs.size() == 1);
  CHECK(SizeOf(done->pngs[0]) == Size{model.height, model.width});
  CHECK(done->job.warnings().empty());
}

v1::EstimatePoseResponse PoseFor(Studio& studio, const std::string& model) {
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_data(PersonPng());
  request.set_model(model);
  auto pose = studio.client().EstimatePose(request);
  INFO(model << (pose ? "" : ": " + pose.error().message));
  REQUIRE(pose.has_value());
  return *std::move(pose);
}

v1::ExtractRegionsResponse RegionsFor(Studio& studio, const std::string& model,
                                      const std::string& iuv_png) {
  v1::ExtractRegionsRequest request;
  request.mutable_picture()->set_data(PersonPng());
  request.set_iuv_png(iuv_png);
  request.set_model(model);
  auto regions = studio.client().ExtractRegions(request);
  INFO(model << (regions ? "" : ": " + regions.error().message));
  REQUIRE(regions.has_value());
  return *std::move(regions);
}

}  // namespace

TEST_CASE("Models of different layouts, charts and networks paint side by side in one studio",
          "[integration]") {
  Studio studio({.models = {TinyModel(), TinySmplModel(), TinyPublishedModel()},
                 .pose_flags = PhotographFlags()});
  studio.StartAll();
  for (const char* model : {"models/tiny", "models/tiny-smpl", "models/tiny-published"}) {
    CheckPaints(studio, PictureSpec(model));
  }

  struct Expected {
    const char* model;
    int part;  // that its pose network sees in the picture's upper left corner
    const char* chart;
    const char* layout;
    Size texture;
    int embedding;
  };
  for (const Expected& expected :
       {Expected{"models/tiny", 23, "atelier", "atlas", {96, 144}, 32},
        Expected{"models/tiny-smpl", 24, "atelier", "smpl", {512, 512}, 16},
        Expected{"models/tiny-published", 24, "densepose", "smpl", {512, 512}, 0}}) {
    INFO(expected.model);
    const auto pose = PoseFor(studio, expected.model);
    CHECK(pose.model() == expected.model);
    CHECK(pose.iuv_chart() == expected.chart);
    CHECK(ReadPngText(pose.iuv_png(), "iuv_chart") == expected.chart);
    CHECK(PixelOf(pose.iuv_png(), 1, 1)[0] == expected.part);
    const auto regions = RegionsFor(studio, expected.model, pose.iuv_png());
    CHECK(regions.model() == expected.model);
    CHECK(regions.texture_layout() == expected.layout);
    CHECK(SizeOf(regions.texture_png()) == expected.texture);
    CHECK(regions.face_found());
    CHECK(regions.face_embedding_size() == expected.embedding);
    CHECK(regions.warnings().empty());
  }
}

TEST_CASE("A model of the other pipeline paints in the same studio, in every way a person is given",
          "[integration]") {
  Studio studio({.models = {TinyModel(), TinyFpdmModel()}});
  studio.StartAll();
  const std::string model = "models/tiny-fpdm";
  CheckPaints(studio, PictureSpec(model));
  CheckPaints(studio, PictureSpec("models/tiny"));

  const auto models = studio.client().ListModels();
  REQUIRE(models.has_value());
  const auto fpdm = std::ranges::find(*models, model, &v1::Model::name);
  REQUIRE(fpdm != models->end());
  CHECK(fpdm->pipeline() == "fpdm");
  CHECK(std::vector<int>(fpdm->conditions().begin(), fpdm->conditions().end()) ==
        std::vector<int>{v1::CONDITION_SOURCE_PICTURE, v1::CONDITION_KEYPOINT_PICTURE});

  // The same seed paints the same picture, another another.
  v1::SynthesisSpec spec = PictureSpec(model);
  const auto first = studio.client().Synthesize(spec), again = studio.client().Synthesize(spec);
  spec.set_seed(spec.seed() + 1);
  const auto other = studio.client().Synthesize(spec);
  REQUIRE((first && again && other));
  CHECK(PixelsOf(first->pngs[0]) == PixelsOf(again->pngs[0]));
  CHECK(PixelsOf(first->pngs[0]) != PixelsOf(other->pngs[0]));
}

TEST_CASE("An IUV as pose of a model that reads keypoints is refused by its field",
          "[integration]") {
  Studio studio({.models = {TinyFpdmModel()}});
  studio.StartAll();
  v1::SynthesisSpec spec = PersonSpec(2);
  spec.set_model("models/tiny-fpdm");
  const auto refused = studio.client().Synthesize(spec);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kInvalidArgument);
  CHECK(refused.error().field == "spec.synthesis.pose_iuv");
  CHECK(refused.error().message.find("keypoints") != std::string::npos);
}

TEST_CASE(
    "A published model paints from IUV pictures that come with the job, and without them says "
    "what to bring",
    "[integration]") {
  Studio studio({.models = {TinyPublishedModel()}});
  studio.StartAll();
  const std::string model = "models/tiny-published";
  const auto unread = studio.client().Synthesize(PictureSpec(model));
  REQUIRE_FALSE(unread.has_value());
  CHECK(unread.error().reason == "IUV_CHART");
  CHECK(unread.error().message.find("DensePose export") != std::string::npos);

  v1::SynthesisSpec spec = IuvSpec(model);
  spec.set_iuv_chart("densepose");
  CheckPaints(studio, spec);

  // Nobody says the chart: it is painted all the same, with a warning for each picture.
  spec.clear_iuv_chart();
  const auto assumed = studio.client().Synthesize(spec);
  REQUIRE(assumed.has_value());
  REQUIRE(assumed->job.warnings_size() == 2);
  for (const v1::Warning& warning : assumed->job.warnings()) {
    CHECK(warning.reason() == "IUV_CHART_ASSUMED");
  }
  v1::JobSpec strict;
  *strict.mutable_synthesis() = spec;
  strict.add_strict("IUV_CHART_ASSUMED");
  const auto refused = studio.client().Synthesize(strict);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "IUV_CHART_ASSUMED");
}

TEST_CASE("An IUV in another chart than the model's is refused before it is queued",
          "[integration]") {
  Studio studio({.models = {TinyModel(), TinyPublishedModel()}});
  studio.StartAll();
  v1::JobSpec spec;
  *spec.mutable_synthesis() = IuvSpec("models/tiny-published");
  v1::SynthesisSpec& synthesis = *spec.mutable_synthesis();
  // The server knows a model's chart once its worker has told.
  REQUIRE(Eventually([&] { return studio.client().ListModels()->size() == 2; }));
  const auto refusal = [&] {
    const auto job = studio.client().Submit(spec);
    REQUIRE_FALSE(job.has_value());
    return job.error();
  };
  // As PoseService and atelier-people write them.
  synthesis.mutable_pose_iuv()->set_data(AddPngText(PersonIuvPng(), "iuv_chart", "atelier"));
  CHECK(refusal().reason == "IUV_CHART");
  CHECK(refusal().code == Code::kFailedPrecondition);
  CHECK(refusal().field == "spec.synthesis.pose_iuv");
  const auto uploaded = studio.client().Upload(synthesis.pose_iuv().data());
  REQUIRE(uploaded.has_value());
  synthesis.mutable_pose_iuv()->set_asset(uploaded->name());
  CHECK(refusal().field == "spec.synthesis.pose_iuv");
  synthesis.set_iuv_chart("densepose");
  CHECK(refusal().code == Code::kInvalidArgument);
  CHECK(refusal().field == "spec.synthesis.iuv_chart");
  synthesis.set_model("models/tiny");
  synthesis.set_iuv_chart("atelier");
  CheckPaints(studio, synthesis);
  CHECK(studio.client().List()->jobs_size() == 1);
}

TEST_CASE("A black IUV picture is refused by its field, and no job waits", "[integration]") {
  Studio& studio = SharedStudio();
  v1::SynthesisSpec spec = PersonSpec(2);
  spec.mutable_pose_iuv()->set_data(BlackIuvPng());
  const auto pose = studio.client().Synthesize(spec);
  REQUIRE_FALSE(pose.has_value());
  CHECK(pose.error().message.find(
            "`spec.synthesis.pose_iuv` must be an IUV picture with a body part") !=
        std::string::npos);
  spec = IuvSpec("models/tiny");
  spec.mutable_source_iuv()->set_data(BlackIuvPng());
  const auto source = studio.client().Synthesize(spec);
  REQUIRE_FALSE(source.has_value());
  CHECK(source.error().message.find(
            "`spec.synthesis.source_iuv` must be an IUV picture with a body part") !=
        std::string::npos);
}

TEST_CASE("IUVs in OpenCV's order paint the picture of those in ours where the spec says so",
          "[integration]") {
  Studio& studio = SharedStudio();
  v1::SynthesisSpec spec = PersonSpec(2);
  const auto straight = studio.client().Synthesize(spec);
  REQUIRE(straight.has_value());
  spec.mutable_pose_iuv()->set_data(ReversedPng(PersonIuvPng()));
  const auto refused = studio.client().Synthesize(spec);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "spec.synthesis.pose_iuv");
  CHECK(refused.error().message.find("say so with iuv_channels VUI") != std::string::npos);
  spec.set_iuv_channels(v1::IUV_CHANNELS_VUI);
  const auto reversed = studio.client().Synthesize(spec);
  REQUIRE(reversed.has_value());
  // The files differ in the names of their jobs.
  REQUIRE(reversed->pngs.size() == 1);
  const bool same = PixelsOf(reversed->pngs[0]) == PixelsOf(straight->pngs.at(0));
  CHECK(same);
}

TEST_CASE("`atelier up` serves every model that it was given, from picture to picture",
          "[integration]") {
  const TempDir dir;
  const std::string program = std::string(ATELIER_BINARY_DIR) + "/atelier";
  Process up(
      {program, "up", "--data", (dir.path() / "data").string(), "--models", TinyModel().string(),
       TinySmplModel().string(), "--listen", "127.0.0.1:0", "--threads", "1"},
      dir.path() / "up");
  const std::string ready = up.WaitForLine("ready ");
  INFO(up.Stderr());
  REQUIRE_FALSE(ready.empty());
  const size_t server = ready.find("server=") + 7;
  client::ClientOptions options;
  options.server = ready.substr(server, ready.find(' ', server) - server);
  client::Client client(options);
  REQUIRE(Eventually([&] {
    const auto models = client.ListModels();
    return models.has_value() && models->size() == 2;
  }));
  for (const char* model : {"models/tiny", "models/tiny-smpl"}) {
    INFO(model);
    const auto done = client.Synthesize(PictureSpec(model));
    INFO((done ? "" : done.error().message));
    CHECK(done.has_value());
  }
  up.Signal(SIGTERM);
  CHECK(up.Wait(std::chrono::seconds(60)) == 0);
}

}  // namespace atelier::testing
