// Sequences prepared and painted over services played by the test.
#include <catch2/catch.hpp>

#include "fake_painter.h"
#include "fake_perception.h"
#include "film/film_reader.h"
#include "film/film_writer.h"
#include "generation/job_kinds.h"
#include "generation/painting_executor.h"
#include "generation/sequence/frame_warnings.h"
#include "imaging/picture_codec.h"
#include "recorded_events.h"

namespace atelier::generation {
namespace {

std::string Png(int height, int width, uint8_t value) {
  return imaging::EncodePng(Image(height, width, 3, value)).value();
}

struct Studio {
  Studio() {
    auto fake = std::make_unique<FakePainter>();
    painter = fake.get();
    REQUIRE(painters.Add(std::move(fake)));
    spec.mutable_source()->set_data(Png(128, 88, 200));
    spec.set_seed(40);
    spec.set_frame_rate(12);
  }

  Result<std::unique_ptr<runtime::PreparedJob>> Prepare() {
    v1::LeasedJob job;
    *job.mutable_spec()->mutable_sequence() = spec;
    for (const std::string& asset : finished) job.add_finished()->set_asset(asset);
    return executor.Prepare(job, {});
  }
  RecordedEvents Paint() {
    auto prepared = Prepare();
    if (!prepared) FAIL(prepared.error().message);
    runtime::PreparedJob* const only = prepared->get();
    warnings = only->warnings;
    receipt = only->receipt;
    RecordedEvents events;
    executor.Paint({&only, 1}, events);
    return events;
  }

  FakePainter* painter = nullptr;
  PainterSet painters;
  FakeAssets assets;
  FakePerception perception;
  telemetry::Metrics metrics;
  ConditionsCache cache{64 << 20, metrics};
  JobPreparer preparer{painters, assets, perception, cache};
  JobKinds kinds = MakeJobKinds(preparer);
  PaintingExecutor executor{kinds, 4};
  v1::SequenceSpec spec;
  std::vector<std::string> finished;
  std::vector<Warning> warnings;
  v1::Receipt receipt;
};

std::string FilmOf(const std::vector<uint8_t>& levels) {
  const auto writer = film::MakeMp4Writer({.height = 64, .width = 48, .frame_rate = 12});
  REQUIRE(writer);
  for (const uint8_t level : levels) REQUIRE((*writer)->Add(Image(64, 48, 3, level)));
  return (*writer)->Finish().value();
}

}  // namespace

TEST_CASE("A sequence reads its person once and paints every frame from one noise", "[sequence]") {
  Studio studio;
  for (int i = 0; i < 6; ++i) {
    studio.spec.mutable_pose_list()->add_poses()->mutable_picture()->set_data(
        Png(128, 88, static_cast<uint8_t>(i)));
  }
  studio.spec.set_film_format(v1::FILM_FORMAT_NONE);
  const RecordedEvents events = studio.Paint();
  CHECK(studio.perception.texture_calls == 1);
  CHECK(studio.perception.posed.size() == 7);
  CHECK(studio.painter->calls == std::vector<size_t>{4, 2});
  REQUIRE(events.results.at(0));
  REQUIRE(events.results.at(0)->size() == 6);
  for (const runtime::PaintedPicture& frame : *events.results.at(0)) CHECK(frame.seed == 40);
  CHECK(events.films.empty());
  CHECK(studio.receipt.inputs_size() == 7);
}

TEST_CASE("Frames that are finished are in the film and are not painted again", "[sequence]") {
  Studio studio;
  for (int i = 0; i < 6; ++i) {
    studio.spec.mutable_pose_list()->add_poses()->mutable_picture()->set_data(
        Png(128, 88, static_cast<uint8_t>(i)));
  }
  // What FakePainter paints is 16 x 16, the model's size is not.
  studio.spec.set_film_format(v1::FILM_FORMAT_NONE);
  for (int i = 0; i < 4; ++i) {
    studio.finished.push_back(studio.assets.Put(Png(256, 176, static_cast<uint8_t>(i))));
  }
  const RecordedEvents events = studio.Paint();
  CHECK(studio.painter->calls == std::vector<size_t>{2});
  CHECK(events.pictures.at(0).size() == 2);
}

TEST_CASE("A warning of many frames is told once with their numbers", "[sequence]") {
  CHECK(FrameNumbers({0}) == "1");
  CHECK(FrameNumbers({2, 4}) == "3 and 5");
  CHECK(FrameNumbers({0, 1, 2, 6, 8, 9}) == "1-3, 7 and 9-10");
  Studio studio;
  studio.perception.pose_warnings = {{"SEVERAL_PEOPLE", "picture", "two people", 2.0, 1.0}};
  for (int i = 0; i < 5; ++i) {
    studio.spec.mutable_pose_list()->add_poses()->mutable_picture()->set_data(
        Png(128, 88, static_cast<uint8_t>(i)));
  }
  studio.spec.set_film_format(v1::FILM_FORMAT_NONE);
  studio.Paint();
  REQUIRE(studio.warnings.size() == 2);
  CHECK(studio.warnings[0].field == "source");
  CHECK(studio.warnings[1].field == "pose_list");
  CHECK(studio.warnings[1].message == "two people (frames 1-5)");
}

TEST_CASE("A film's frames are read one by one, and those of nobody are told of", "[sequence]") {
  Studio studio;
  studio.spec.mutable_film()->set_data(FilmOf({90, 90, 90, 90, 90, 90}));
  studio.spec.set_film_format(v1::FILM_FORMAT_NONE);
  CHECK(studio.Paint().results.at(0)->size() == 6);
  CHECK(studio.warnings.empty());
  // Poses that were read are kept: a job that was handed back goes on at once.
  const size_t posed = studio.perception.posed.size();
  CHECK(studio.Paint().results.at(0)->size() == 6);
  CHECK(studio.perception.posed.size() == posed);

  studio.spec.mutable_film()->set_data(FilmOf({10, 10}));
  studio.perception.pose_error = Error{Code::kFailedPrecondition, kNoPersonReason, "nobody", ""};
  const auto nobody = studio.Prepare();
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().reason == kNoPersonReason);
  CHECK(nobody.error().field == "film");
}

TEST_CASE("A motion needs fitted bodies", "[sequence]") {
  Studio studio;
  studio.spec.mutable_motion()->set_frames(4);
  for (int i = 0; i < 2; ++i) {
    studio.spec.mutable_motion()->add_poses()->set_data(Png(128, 88, static_cast<uint8_t>(i)));
  }
  const auto unfitted = studio.Prepare();
  REQUIRE_FALSE(unfitted);
  CHECK(unfitted.error().reason == "NOT_FITTED");
  CHECK(unfitted.error().field == "motion.poses[0]");
}

}  // namespace atelier::generation
