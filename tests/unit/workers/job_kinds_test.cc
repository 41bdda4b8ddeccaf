// Kinds of jobs and pipelines beside those that the workers come with: each is registered in one
// line and goes through everything else unchanged.
#include "generation/job_kinds.h"

#include <catch2/catch.hpp>

#include "fake_perception.h"
#include "generation/painting_executor.h"
#include "imaging/picture_codec.h"
#include "recorded_events.h"
#include "support/toy_pipeline.h"
#include "support/toy_sequence_kind.h"

namespace atelier::generation {
namespace {

std::string Png(int height, int width, uint8_t value) {
  return imaging::EncodePng(Image(height, width, 3, value)).value();
}

struct Studio {
  Studio() {
    testing::RegisterToyPipeline();
    auto painter = engine::Painter::Load(folder.path(), {});
    if (!painter) FAIL(painter.error().message);
    REQUIRE(painters.Add(std::move(*painter)));
  }
  /// The pictures of the job.
  std::vector<Image> Paint(const v1::LeasedJob& job) {
    auto prepared = executor.Prepare(job, {});
    if (!prepared) FAIL(prepared.error().message);
    runtime::PreparedJob* const only = prepared->get();
    RecordedEvents events;
    executor.Paint({&only, 1}, events);
    const Result<std::vector<runtime::PaintedPicture>>& result = events.results.at(0);
    if (!result) FAIL(result.error().message);
    std::vector<Image> pictures;
    for (const runtime::PaintedPicture& picture : *result) {
      pictures.push_back(imaging::DecodePicture(picture.png, "png").value());
    }
    return pictures;
  }

  testing::ToyModelFolder folder;
  PainterSet painters;
  FakeAssets assets;
  FakePerception perception;
  telemetry::Metrics metrics;
  ConditionsCache cache{64 << 20, metrics};
  JobPreparer preparer{painters, assets, perception, cache};
  JobKinds kinds = MakeJobKinds(preparer);
  PaintingExecutor executor{kinds, 4};
};

TEST_CASE("A model of another pipeline is described, prepared and painted like any", "[kinds]") {
  Studio studio;
  const std::vector<v1::Model> models = studio.painters.Describe();
  REQUIRE(models.size() == 1);
  CHECK(models[0].name() == "models/toy");
  CHECK(models[0].pipeline() == "toy");
  REQUIRE(models[0].conditions_size() == 2);
  CHECK(models[0].conditions(1) == v1::CONDITION_KEYPOINT_PICTURE);

  v1::LeasedJob job;
  v1::SynthesisSpec& spec = *job.mutable_spec()->mutable_synthesis();
  spec.mutable_source()->set_data(Png(128, 64, 200));
  spec.mutable_pose_picture()->set_data(Png(128, 64, 20));
  const std::vector<Image> pictures = studio.Paint(job);
  REQUIRE(pictures.size() == 1);
  // The keypoints that the fake service drew, everywhere.
  CHECK(pictures[0] == Image(64, 32, 3, 9));
  CHECK(studio.perception.posed.size() == 1);
  CHECK(studio.perception.regions_calls == 0);
}

TEST_CASE("A kind that is added paints pictures that differ in more than their seed", "[kinds]") {
  Studio studio;
  studio.kinds.Add(v1::JobSpec::kSequence,
                   std::make_unique<testing::ToySequenceKind>(studio.preparer));
  v1::LeasedJob job;
  job.mutable_spec()->mutable_sequence()->mutable_source()->set_data(Png(128, 64, 200));
  const std::vector<Image> frames = studio.Paint(job);
  REQUIRE(frames.size() == testing::ToySequenceKind::kFrames);
  for (int frame = 0; frame < testing::ToySequenceKind::kFrames; ++frame) {
    for (int x = 0; x < testing::ToySequenceKind::kFrames; ++x) {
      CHECK(int{frames[frame].at(0, x)[0]} == (x == frame ? 255 : 100));
    }
  }
}

TEST_CASE("A kind that the worker does not paint fails its job as unimplemented", "[kinds]") {
  Studio studio;
  const auto unknown = studio.executor.Prepare(v1::LeasedJob(), {});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Code::kUnimplemented);
  CHECK(unknown.error().reason == "UNKNOWN_SPEC");
}

}  // namespace
}  // namespace atelier::generation
