// What a client asks for, through every process.
#include <catch2/catch.hpp>
#include <set>

#include "integration/studio.h"
#include "integration/test_pictures.h"

namespace atelier::testing {

TEST_CASE("A picture and a pose become a picture of the model's size", "[integration]") {
  Studio& studio = SharedStudio();
  std::vector<int> steps;
  const auto done = studio.client().Synthesize(PersonSpec(6), "", [&](const v1::Job& job) {
    if (job.state() == v1::JOB_STATE_RUNNING) steps.push_back(job.progress().step());
    return true;
  });
  INFO((done ? "" : done.error().message));
  REQUIRE(done.has_value());
  const TinyModelFacts model = ReadTinyModelFacts();
  REQUIRE(done->pngs.size() == 1);
  CHECK(SizeOf(done->pngs[0]) == Size{model.height, model.width});
  CHECK(done->job.attempt() == 1);
  CHECK(done->job.images(0).seed() == 7);
  CHECK(done->job.images(0).height() == model.height);
  CHECK(done->job.progress().step() == 6);
  CHECK(std::is_sorted(steps.begin(), steps.end()));
  // Inline pictures are stored, not kept in the job.
  CHECK(done->job.spec().synthesis().source().has_asset());
}

TEST_CASE("The same seed paints the same bytes, alone or beside another picture", "[integration]") {
  Studio& studio = SharedStudio();
  const auto alone = studio.client().Synthesize(PersonSpec(3));
  REQUIRE(alone.has_value());
  v1::SynthesisSpec pair = PersonSpec(3);
  pair.set_image_count(2);
  const auto both = studio.client().Synthesize(pair);
  REQUIRE(both.has_value());
  REQUIRE(both->pngs.size() == 2);
  CHECK(both->pngs[0] == alone->pngs[0]);
  CHECK(both->pngs[1] != alone->pngs[0]);
  CHECK(both->job.images(1).seed() == 8);
}

TEST_CASE("A pose is read from a person's picture when no IUV is given", "[integration]") {
  Studio& studio = SharedStudio();
  v1::SynthesisSpec spec = PersonSpec(2);
  spec.mutable_pose_picture()->set_data(PersonPng(1));
  const auto done = studio.client().Synthesize(spec);
  INFO((done ? "" : done.error().message));
  REQUIRE(done.has_value());
  CHECK(done->pngs.size() == 1);
}

TEST_CASE("A submit that is sent twice with one request id is one job", "[integration]") {
  Studio& studio = SharedStudio();
  v1::JobSpec spec;
  *spec.mutable_synthesis() = PersonSpec(2);
  const auto first = studio.client().Submit(spec, "same-id");
  const auto again = studio.client().Submit(spec, "same-id");
  REQUIRE(first.has_value());
  REQUIRE(again.has_value());
  CHECK(first->name() == again->name());
  REQUIRE(studio.client().Watch(first->name()).has_value());
  const auto after_the_end = studio.client().Submit(spec, "same-id");
  REQUIRE(after_the_end.has_value());
  CHECK(after_the_end->name() == first->name());
  CHECK(after_the_end->state() == v1::JOB_STATE_SUCCEEDED);

  spec.mutable_synthesis()->set_steps(3);
  const auto other_body = studio.client().Submit(spec, "same-id");
  REQUIRE_FALSE(other_body.has_value());
  CHECK(other_body.error().code == Code::kAlreadyExists);
  CHECK(other_body.error().reason == "REQUEST_ID_REUSED");
}

TEST_CASE("A running job that is cancelled stops long before its last step", "[integration]") {
  Studio& studio = SharedStudio();
  v1::JobSpec spec;
  *spec.mutable_synthesis() = SlowSpec();
  const auto job = studio.client().Submit(spec);
  REQUIRE(job.has_value());
  const auto end = studio.client().Watch(job->name(), [&](const v1::Job& seen) {
    if (seen.progress().step() == 1) (void)studio.client().Cancel(job->name());
    return true;
  });
  REQUIRE(end.has_value());
  CHECK(end->state() == v1::JOB_STATE_CANCELLED);
  CHECK(end->progress().step() < SlowSpec().steps());
  // The worker is free again.
  CHECK(studio.client().Synthesize(PersonSpec(2)).has_value());
}

TEST_CASE("Previews come while the job runs and are pictures", "[integration]") {
  Studio& studio = SharedStudio();
  v1::SynthesisSpec spec = PersonSpec(8);
  spec.set_preview_every(2);
  int previews = 0;
  const auto done = studio.client().Synthesize(spec, "", [&](const v1::Job& job) {
    if (job.progress().preview().empty()) return true;
    ++previews;
    CHECK(SizeOf(job.progress().preview()).height > 0);
    return true;
  });
  REQUIRE(done.has_value());
  CHECK(previews > 0);
}

TEST_CASE("What is uploaded twice is stored once and comes back byte for byte", "[integration]") {
  Studio studio;
  studio.StartServer();
  const std::string png = PersonPng();
  const auto first = studio.client().Upload(png);
  const auto again = studio.client().Upload(png);
  REQUIRE(first.has_value());
  REQUIRE(again.has_value());
  CHECK(first->name() == again->name());
  CHECK(first->height() == kPersonHeight);
  CHECK(studio.client().Download(first->name()).value() == png);
}

TEST_CASE("Pose and regions can be asked for by themselves, through the server", "[integration]") {
  Studio& studio = SharedStudio();
  v1::Picture picture;
  picture.set_data(PersonPng());
  const auto pose = studio.client().EstimatePose(picture);
  INFO((pose ? "" : pose.error().message));
  REQUIRE(pose.has_value());
  CHECK(pose->keypoints_size() == 18);
  CHECK(SizeOf(pose->iuv_png()) == Size{kPersonHeight, kPersonWidth});
  CHECK(SizeOf(pose->skeleton_png()) == Size{kPersonHeight, kPersonWidth});
  const auto regions = studio.client().ExtractRegions(picture, PersonIuvPng());
  INFO((regions ? "" : regions.error().message));
  REQUIRE(regions.has_value());
  CHECK(regions->face_found());
  CHECK(SizeOf(regions->face_png()).height > 0);
  CHECK(SizeOf(regions->texture_png()).width * 4 == SizeOf(regions->texture_png()).height * 6);
}

}  // namespace atelier::testing
