// The rules of SequenceSpec, checked before anything is stored.
#include <catch2/catch.hpp>

#include "unit/server/backend.h"

namespace atelier::server {
namespace {

/// A sequence of two pictures that breaks no rule.
v1::JobSpec MakeSequence() {
  v1::JobSpec job;
  v1::SequenceSpec& spec = *job.mutable_sequence();
  spec.mutable_source()->set_data(PngBytes(64, 64, "source"));
  for (const char* pose : {"left", "right"}) {
    spec.mutable_pose_list()->add_poses()->mutable_picture()->set_data(PngBytes(64, 64, pose));
  }
  return job;
}

/// A GIF of `frames` frames of `centiseconds` each, without pixels.
std::string GifBytes(int frames, int centiseconds, int side = 64) {
  std::string gif = "GIF89a";
  const auto little = [&](int value) {
    gif += static_cast<char>(value & 0xff);
    gif += static_cast<char>(value >> 8);
  };
  little(side);
  little(side);
  gif += std::string(3, '\0');
  for (int i = 0; i < frames; ++i) {
    gif += std::string("\x21\xf9\x04\0", 4);
    little(centiseconds);
    gif += std::string("\0\0", 2);
    gif += std::string("\x2c\0\0\0\0", 5);
    little(1);
    little(1);
    gif += std::string("\0\x02\x02\x4c\x01\0", 6);
  }
  return gif + ";";
}

v1::JobSpec WithFilm(const std::string& film) {
  v1::JobSpec job = MakeSequence();
  job.mutable_sequence()->mutable_film()->set_data(film);
  return job;
}

Error Refused(Backend& backend, const v1::JobSpec& spec) {
  const auto job = backend.Submit(spec);
  REQUIRE_FALSE(job);
  CHECK(backend.CountBlobs() == 0);
  return job.error();
}

}  // namespace

TEST_CASE("An accepted sequence holds assets, the model's defaults, a rate and a format",
          "[sequence]") {
  Backend backend;
  backend.RegisterWorker();
  const auto job = backend.Submit(MakeSequence());
  REQUIRE(job);
  v1::JobSpec stored;
  REQUIRE(stored.ParseFromString(job->spec));
  const v1::SequenceSpec& spec = stored.sequence();
  CHECK(spec.source().has_asset());
  CHECK(spec.pose_list().poses(1).picture().has_asset());
  CHECK(spec.model() == "models/atelier-mini");
  CHECK(spec.steps() == 20);
  CHECK(spec.has_seed());
  CHECK(spec.frame_rate() == 12);
  CHECK(spec.film_format() == v1::FILM_FORMAT_MP4);
  // Two frames of 64 x 64 in 20 guided steps.
  CHECK(job->pixels == 2 * 64 * 64);
  CHECK(job->step_pixels == 2 * 64 * 64 * 20 * 2);
}

TEST_CASE("What is wrong with a sequence's poses names their place", "[sequence]") {
  Backend backend;
  backend.RegisterWorker();
  v1::JobSpec job = MakeSequence();
  v1::SequenceSpec& spec = *job.mutable_sequence();
  spec.mutable_pose_list()->mutable_poses(1)->mutable_picture()->set_data("no picture");
  CHECK(Refused(backend, job).field == "spec.sequence.pose_list.poses[1].picture");
  spec.mutable_pose_list()->mutable_poses(1)->Clear();
  CHECK(Refused(backend, job).field == "spec.sequence.pose_list.poses[1]");
  spec.mutable_pose_list()->clear_poses();
  CHECK(Refused(backend, job).field == "spec.sequence.pose_list.poses");
  spec.clear_pose_list();
  CHECK(Refused(backend, job).field == "spec.sequence.poses");
  for (int i = 0; i < 481; ++i) spec.mutable_pose_list()->add_poses();
  CHECK(Refused(backend, job).field == "spec.sequence.pose_list.poses");
}

TEST_CASE("A motion has two poses or more and no fewer frames", "[sequence]") {
  Backend backend;
  backend.RegisterWorker();
  v1::JobSpec job = MakeSequence();
  v1::PoseMotion& motion = *job.mutable_sequence()->mutable_motion();
  motion.set_frames(2);
  motion.add_poses()->set_data(PngBytes(64, 64, "a"));
  CHECK(Refused(backend, job).field == "spec.sequence.motion.poses");
  motion.add_poses()->set_data(PngBytes(64, 64, "b"));
  motion.add_poses()->set_data(PngBytes(64, 64, "c"));
  CHECK(Refused(backend, job).field == "spec.sequence.motion.frames");
  motion.set_frames(481);
  CHECK(Refused(backend, job).field == "spec.sequence.motion.frames");
  motion.set_frames(48);
  const auto accepted = backend.Submit(job);
  REQUIRE(accepted);
  CHECK(accepted->pixels == 48 * 64 * 64);
}

TEST_CASE("A film is refused by what its header tells", "[sequence]") {
  Backend backend;
  backend.RegisterWorker();
  CHECK_THAT(Refused(backend, WithFilm("nothing of the kind")).message,
             Catch::Contains("MP4, WebM or GIF"));
  CHECK_THAT(Refused(backend, WithFilm(GifBytes(0, 10))).message, Catch::Contains("0 frames"));
  // Four hours.
  CHECK_THAT(Refused(backend, WithFilm(GifBytes(24, 60000))).message,
             Catch::Contains("at most 120.0 s long. Given: 14400.0 s"));
  CHECK_THAT(Refused(backend, WithFilm(GifBytes(400, 1, 5000))).message,
             Catch::Contains("16 to 4096 pixels a side"));
  CHECK_THAT(Refused(backend, WithFilm(GifBytes(400, 0))).message, !Catch::Contains("frames a"));
  // 100 s at the default rate of 12.
  v1::JobSpec job = WithFilm(GifBytes(100, 100));
  CHECK_THAT(Refused(backend, job).message,
             Catch::Contains("at most 480 frames at the frame_rate. Given: 1200 frames"));
  job.mutable_sequence()->set_frame_rate(4);
  const auto accepted = backend.Submit(job);
  REQUIRE(accepted);
  CHECK(accepted->pixels == 400 * 64 * 64);
}

TEST_CASE("A sequence's swaps are an edit's, of the person alone", "[sequence]") {
  Backend backend;
  backend.RegisterWorker();
  v1::JobSpec job = MakeSequence();
  v1::RegionSwap& swap = *job.mutable_sequence()->add_swaps();
  swap.mutable_region()->set_region(v1::BODY_REGION_UPPER_GARMENT);
  CHECK(Refused(backend, job).field == "spec.sequence.swaps[0].source");
  swap.mutable_garment()->set_data("no picture");
  CHECK(Refused(backend, job).field == "spec.sequence.swaps[0].garment");
  swap.mutable_region()->set_region(v1::BODY_REGION_BACKGROUND);
  swap.mutable_background()->set_data(PngBytes(64, 64, "beach"));
  CHECK(Refused(backend, job).field == "spec.sequence.swaps[0].region");
  swap.mutable_region()->set_region(v1::BODY_REGION_UPPER_GARMENT);
  swap.mutable_colour()->set_red(200);
  CHECK(backend.Submit(job).has_value());
}

TEST_CASE("Keypoints are for models that read them", "[sequence]") {
  Backend backend;
  backend.RegisterWorker();
  v1::JobSpec job = MakeSequence();
  v1::PoseKeypoints& pose =
      *job.mutable_sequence()->mutable_pose_list()->mutable_poses(0)->mutable_keypoints();
  pose.add_keypoints()->set_name("nose");
  CHECK(Refused(backend, job).field == "spec.sequence.pose_list.poses[0].keypoints");
  v1::Model model = MakeModel("models/fpdm");
  model.add_conditions(v1::CONDITION_KEYPOINT_PICTURE);
  REQUIRE(backend.workers.Register("v", {model}));
  job.mutable_sequence()->set_model("models/fpdm");
  CHECK(Refused(backend, job).field == "spec.sequence.pose_list.poses[0].keypoints.height");
  pose.set_height(256);
  pose.set_width(176);
  CHECK(backend.Submit(job).has_value());
}

}  // namespace atelier::server
