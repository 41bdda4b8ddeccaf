// Sequences through the real processes: frames, films, and what a killed process costs.
#include <signal.h>

#include <catch2/catch.hpp>

#include "base/body.h"
#include "film/film_reader.h"
#include "film/film_writer.h"
#include "imaging/picture_codec.h"
#include "integration/studio.h"
#include "integration/test_pictures.h"
#include "picture/film/film_header.h"

namespace atelier::testing {
namespace {

/// The drawn person, who glides from left to right.
v1::JobSpec GlideSpec(int frames, int steps) {
  v1::JobSpec job;
  v1::SequenceSpec& spec = *job.mutable_sequence();
  spec.mutable_source()->set_data(PersonPng());
  for (int i = 0; i < frames; ++i) {
    spec.mutable_pose_list()->add_poses()->mutable_iuv()->set_data(PersonIuvPng(i % 20 - 10));
  }
  spec.set_iuv_chart("atelier");
  spec.set_steps(steps);
  spec.set_guidance(1);
  spec.set_seed(7);
  return job;
}

constexpr int kSlowSteps = 16;

/// Frames that take long enough to be interrupted.
v1::JobSpec SlowGlide(int frames) {
  v1::JobSpec job = GlideSpec(frames, kSlowSteps);
  job.mutable_sequence()->set_height(256);
  job.mutable_sequence()->set_width(256);
  return job;
}

/// Keypoints of somebody who stands `dx` pixels right of the middle of a square picture.
v1::PoseKeypoints Standing(float dx) {
  constexpr int kSize = 128;
  // In the order of kKeypointNames: x from the middle and y.
  constexpr std::array<std::array<float, 2>, kKeypointCount> kAt = {{{0, 20},
                                                                     {0, 34},
                                                                     {-14, 34},
                                                                     {-20, 52},
                                                                     {-22, 68},
                                                                     {14, 34},
                                                                     {20, 52},
                                                                     {22, 68},
                                                                     {-8, 68},
                                                                     {-8, 90},
                                                                     {-8, 112},
                                                                     {8, 68},
                                                                     {8, 90},
                                                                     {8, 112},
                                                                     {-3, 17},
                                                                     {3, 17},
                                                                     {-6, 19},
                                                                     {6, 19}}};
  v1::PoseKeypoints pose;
  pose.set_height(kSize);
  pose.set_width(kSize);
  for (size_t i = 0; i < kAt.size(); ++i) {
    v1::Keypoint& keypoint = *pose.add_keypoints();
    keypoint.set_name(std::string(kKeypointNames[i]));
    keypoint.set_x(kSize / 2 + kAt[i][0] + dx);
    keypoint.set_y(kAt[i][1]);
    keypoint.set_confidence(1);
  }
  return pose;
}

std::vector<std::string> AssetsOf(const v1::Job& job) {
  std::vector<std::string> assets;
  for (const v1::PaintedImage& image : job.images()) assets.push_back(image.asset());
  return assets;
}

v1::Job End(Studio& studio, const v1::JobSpec& spec) {
  const auto queued = studio.client().Submit(spec);
  if (!queued) FAIL(queued.error().message);
  const auto end = studio.client().Watch(queued->name());
  if (!end) FAIL(end.error().message);
  INFO(end->error_message());
  CHECK(end->state() == v1::JOB_STATE_SUCCEEDED);
  return *end;
}

/// Watches until so many frames are recorded.
v1::Job WatchToFrame(Studio& studio, const std::string& job, int frames) {
  const auto seen =
      studio.client().Watch(job, [&](const v1::Job& now) { return now.images_size() < frames; });
  if (!seen) FAIL(seen.error().message);
  REQUIRE(seen->state() == v1::JOB_STATE_RUNNING);
  return *seen;
}

/// A film of `frames` pictures in one colour each.
std::string FlatFilm(int frames, double rate) {
  const auto writer = film::MakeMp4Writer({.height = 64, .width = 64, .frame_rate = rate});
  REQUIRE(writer);
  for (int i = 0; i < frames; ++i) {
    REQUIRE((*writer)->Add(Image(64, 64, 3, static_cast<uint8_t>(10 * i))));
  }
  return (*writer)->Finish().value();
}

}  // namespace

TEST_CASE("A sequence's frames come in the order of its poses, and a film of them",
          "[integration][sequence]") {
  Studio& studio = SharedStudio();
  v1::JobSpec spec = GlideSpec(6, 4);
  const v1::Job job = End(studio, spec);
  REQUIRE(job.images_size() == 6);
  CHECK(job.progress().finished_pictures() == 6);
  // Shared noise: the same pose twice is the same picture.
  spec.mutable_sequence()->mutable_pose_list()->mutable_poses()->Clear();
  for (int i = 0; i < 2; ++i) {
    spec.mutable_sequence()->mutable_pose_list()->add_poses()->mutable_iuv()->set_data(
        PersonIuvPng(3));
  }
  spec.mutable_sequence()->set_film_format(v1::FILM_FORMAT_NONE);
  const v1::Job twice = End(studio, spec);
  const auto first = studio.client().Download(twice.images(0).asset());
  const auto second = studio.client().Download(twice.images(1).asset());
  CHECK(PixelsOf(*first) == PixelsOf(*second));
  CHECK_FALSE(twice.has_film());

  REQUIRE(job.has_film());
  CHECK(job.film().frames() == 6);
  CHECK(job.film().frame_rate() == 12);
  const auto film = studio.client().Download(job.film().asset());
  REQUIRE(film);
  const auto header = ReadFilmHeader(*film, "film");
  REQUIRE(header);
  CHECK(header->frames == 6);
  CHECK(header->seconds == Approx(.5));
  // What the first frame shows is in the film, as well as H.264 keeps the noise of random weights.
  const auto reader = film::FilmReader::Open(*film, "film", 12);
  REQUIRE(reader);
  const Image shown = (*reader)->Next().value().value();
  const Image frame =
      imaging::DecodePicture(*studio.client().Download(job.images(0).asset()), "png").value();
  REQUIRE(shown.data.size() == frame.data.size());
  double difference = 0;
  for (size_t i = 0; i < frame.data.size(); ++i) {
    difference += std::abs(int{shown.data[i]} - int{frame.data[i]});
  }
  CHECK(difference / static_cast<double>(frame.data.size()) < 20);
}

TEST_CASE("A model that reads keypoints paints a sequence of them, and a film of it",
          "[integration][sequence]") {
  Studio studio({.models = {TinyFpdmModel()}});
  studio.StartAll();
  v1::JobSpec spec = GlideSpec(0, 4);
  v1::SequenceSpec& sequence = *spec.mutable_sequence();
  sequence.set_model("models/tiny-fpdm");
  sequence.clear_iuv_chart();
  for (const float dx : {-20.0f, 0.0f, 20.0f, -20.0f}) {
    *sequence.mutable_pose_list()->add_poses()->mutable_keypoints() = Standing(dx);
  }
  // A picture's keypoints are read from it.
  sequence.mutable_pose_list()->add_poses()->mutable_picture()->set_data(PersonPng(1));
  const v1::Job job = End(studio, spec);
  REQUIRE(job.images_size() == 5);
  const auto pixels = [&](int frame) {
    const auto png = studio.client().Download(job.images(frame).asset());
    REQUIRE(png);
    return PixelsOf(*png);
  };
  CHECK(pixels(0) == pixels(3));
  CHECK(pixels(0) != pixels(1));
  CHECK(pixels(1) != pixels(2));
  CHECK(pixels(4) != pixels(0));
  CHECK(job.film().frames() == 5);

  // Its poses are no IUVs.
  sequence.mutable_pose_list()->add_poses()->mutable_iuv()->set_data(PersonIuvPng());
  sequence.set_iuv_chart("atelier");
  const auto refused = studio.client().Submit(spec);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "spec.sequence.pose_list.poses[5].iuv");
}

TEST_CASE("A worker killed half way through a sequence costs one batch, and no frame differs",
          "[integration][sequence]") {
  constexpr int kFrames = 16, kBatch = 4;
  Studio studio;
  studio.StartAll();
  const v1::JobSpec spec = SlowGlide(kFrames);
  const v1::Job undisturbed = End(studio, spec);

  const auto job = studio.client().Submit(spec);
  REQUIRE(job.has_value());
  const v1::Job before = WatchToFrame(studio, job->name(), 6);
  studio.generation().Signal(SIGKILL);
  REQUIRE(studio.generation().Wait() == 128 + SIGKILL);
  studio.StartGeneration();
  int fewest = kFrames;
  const auto end = studio.client().Watch(job->name(), [&](const v1::Job& now) {
    fewest = std::min(fewest, now.images_size());
    return true;
  });
  REQUIRE(end.has_value());
  INFO(end->error_message());
  CHECK(end->state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(end->attempt() == 2);
  // Nothing that was recorded was lost.
  CHECK(fewest >= before.images_size());
  CHECK(AssetsOf(*end) == AssetsOf(undisturbed));
  CHECK(end->film().asset() == undisturbed.film().asset());
  // The new worker painted what was missing, and of the rest no more than the set it is painted
  // with.
  const double steps = MetricValue(studio.GenerationMetrics(), "atelier_step_seconds_count");
  CHECK(steps <= kSlowSteps * ((kFrames - before.images_size()) / kBatch + 1));
}

TEST_CASE("A server killed half way through a sequence keeps its frames",
          "[integration][sequence]") {
  Studio studio;
  studio.StartAll();
  const auto job = studio.client().Submit(SlowGlide(12));
  REQUIRE(job.has_value());
  const v1::Job before = WatchToFrame(studio, job->name(), 4);
  studio.server().Signal(SIGKILL);
  REQUIRE(studio.server().Wait() == 128 + SIGKILL);
  studio.StartServer();
  const auto end = studio.client().Watch(job->name());
  REQUIRE(end.has_value());
  CHECK(end->state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(end->images_size() == 12);
  const std::vector<std::string> assets = AssetsOf(*end);
  CHECK(std::vector(assets.begin(), assets.begin() + before.images_size()) == AssetsOf(before));
}

TEST_CASE("A cancelled sequence stops within a step and keeps the frames that are finished",
          "[integration][sequence]") {
  Studio& studio = SharedStudio();
  const auto job = studio.client().Submit(SlowGlide(40));
  REQUIRE(job.has_value());
  const v1::Job before = WatchToFrame(studio, job->name(), 4);
  REQUIRE(studio.client().Cancel(job->name()));
  const auto end = studio.client().Watch(job->name());
  REQUIRE(end.has_value());
  CHECK(end->state() == v1::JOB_STATE_CANCELLED);
  CHECK(end->images_size() >= before.images_size());
  CHECK(end->images_size() < 40);
  CHECK(studio.client().Download(end->images(0).asset()).has_value());
}

TEST_CASE("A short job has its turn between the batches of a long sequence",
          "[integration][sequence]") {
  Studio& studio = SharedStudio();
  const auto sequence = studio.client().Submit(SlowGlide(40));
  REQUIRE(sequence.has_value());
  WatchToFrame(studio, sequence->name(), 1);
  CHECK(studio.client().Synthesize(PersonSpec(2)).has_value());
  const auto meanwhile = studio.client().Get(sequence->name());
  REQUIRE(meanwhile);
  CHECK(meanwhile->state() == v1::JOB_STATE_RUNNING);
  REQUIRE(studio.client().Cancel(sequence->name()));
}

TEST_CASE("Films that cannot be painted from are refused or fail with what is wrong",
          "[integration][sequence]") {
  Studio& studio = SharedStudio();
  v1::JobSpec spec = GlideSpec(1, 2);
  spec.mutable_sequence()->clear_pose_list();
  const auto refused = [&](const std::string& film) {
    spec.mutable_sequence()->mutable_film()->set_data(film);
    const auto job = studio.client().Submit(spec);
    REQUIRE_FALSE(job);
    CHECK(job.error().field == "spec.sequence.film");
    return job.error().message;
  };
  CHECK_THAT(refused("no film at all"), Catch::Contains("MP4, WebM or GIF"));
  CHECK_THAT(refused(FlatFilm(140, 1)), Catch::Contains("at most 120.0 s long"));
  const std::string whole = FlatFilm(4, 4);
  CHECK_THAT(refused(whole.substr(0, whole.size() / 2)), Catch::Contains("a whole film"));
  // WebM tells nothing at the door; what is in it is none.
  spec.mutable_sequence()->mutable_film()->set_data(std::string("\x1a\x45\xdf\xa3", 4) + "nothing");
  const auto queued = studio.client().Submit(spec);
  REQUIRE(queued);
  const auto end = studio.client().Watch(queued->name());
  REQUIRE(end);
  CHECK(end->state() == v1::JOB_STATE_FAILED);
  CHECK(end->error_reason() == "FILM_NOT_READ");
}

}  // namespace atelier::testing
