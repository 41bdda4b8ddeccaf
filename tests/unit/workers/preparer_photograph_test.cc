// Jobs of photographed people: whose body is painted, and what of the photograph is carried over.
#include <cmath>

#include "people/fit/load_fitter.h"
#include "people/fit/retarget.h"
#include "preparer_bench.h"

namespace atelier::generation {
namespace {

constexpr int kHeight = 256, kWidth = 176;

const people::BodyFitter& Fitter() {
  static const auto fitter = people::LoadFitter("");
  REQUIRE(fitter.has_value());
  return **fitter;
}

/// A standing body of girth `girth` that is seen from `yaw` degrees, in the middle of the picture.
people::FittedBody Standing(double girth, float yaw) {
  people::FittedBody body;
  for (int k = people::kGirthBlock.first; k < people::kGirthBlock.end(); ++k) {
    body.parameters[static_cast<size_t>(k)] = girth;
  }
  const auto camera = static_cast<size_t>(people::kCameraBlock.first);
  body.parameters[camera] = std::log(kHeight / 2.1);
  body.parameters[camera + 1] = kWidth / 2.0;
  body.parameters[camera + 2] = kHeight / 2.0;
  body.base = people::Rotation({0, 1, 0}, yaw);
  return body;
}

Image MaskOf(const people::FittedBody& body, int height, int width) {
  const Image iuv = Fitter().Iuv(body, height, width);
  Image mask(height, width, 1);
  for (size_t i = 0; i < mask.data.size(); ++i) mask.data[i] = iuv.data[3 * i] != 0 ? 255 : 0;
  return mask;
}

/// A stout person in the pose picture, a thin one in the source, whose every pixel is 210.
struct PhotographBench : Bench {
  PhotographBench() {
    painter_info = &painters.Find("models/mini").value()->info();
    spec.mutable_source()->set_data(Png(kHeight, kWidth, 210));
    perception.fit = [this](const Image& picture) {
      people::FittedBody body = picture.data[0] == 210 ? source : target;
      if (picture.width > kWidth) body = InPicture(body, 1, (picture.width - kWidth) / 2, 0);
      return FakePerception::FittedPerson{body, MaskOf(body, picture.height, picture.width),
                                          is_photograph};
    };
  }

  people::FittedBody source = Standing(-.15, 0), target = Standing(.2, 0);
  bool is_photograph = true;
  const engine::ModelInfo* painter_info = nullptr;
  JobPreparer carrying{painters, assets, perception, cache, &Fitter()};
  SynthesisKind synthesis{carrying};

  std::unique_ptr<PaintJob> PrepareJob() {
    v1::LeasedJob job;
    *job.mutable_spec()->mutable_synthesis() = spec;
    auto prepared = synthesis.Prepare(job, {});
    REQUIRE(prepared.has_value());
    return std::move(*prepared);
  }
};

TEST_CASE("A photographed person is painted with their own body in the other's pose",
          "[photograph]") {
  PhotographBench bench;
  const auto job = bench.PrepareJob();
  const Image own = Fitter().Iuv(InPoseOf(Fitter(), bench.source, bench.target), kHeight, kWidth);
  CHECK(job->conditions.iuv.data == own.data);
  CHECK(bench.perception.regions_with_body == 1);

  bench.spec.set_keep_shape(v1::KEEP_SHAPE_TARGET);
  const Image theirs = Fitter().Iuv(bench.target, kHeight, kWidth);
  CHECK(bench.PrepareJob()->conditions.iuv.data == theirs.data);
  CHECK(own.data != theirs.data);
}

TEST_CASE("A person whose texture comes with the job keeps the shape that the source shows",
          "[photograph]") {
  PhotographBench bench;
  bench.spec.mutable_texture()->set_data(Png(64, 96, 3));
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  const Image own = Fitter().Iuv(InPoseOf(Fitter(), bench.source, bench.target), kHeight, kWidth);
  CHECK(bench.PrepareJob()->conditions.iuv.data == own.data);
  CHECK(bench.perception.texture_calls == 0);
  // A target of its own shape asks nothing of the source.
  bench.perception.posed.clear();
  bench.spec.mutable_source()->set_data(Png(kHeight, kWidth, 211));
  bench.spec.set_keep_shape(v1::KEEP_SHAPE_TARGET);
  bench.PrepareJob();
  CHECK(bench.perception.posed.empty());
}

TEST_CASE("A rendered person is painted in the pose as it was read, at the painted size",
          "[photograph]") {
  PhotographBench bench;
  bench.is_photograph = false;
  const auto job = bench.PrepareJob();
  CHECK(job->conditions.iuv.data[0] == 2);  // the fake's
  CHECK(job->Finish(0, Image(kHeight, kWidth, 3)).height == kHeight);
  bench.spec.set_output_scale(4);
  CHECK(bench.PrepareJob()->Finish(0, Image(kHeight, kWidth, 3)).width == 4 * kWidth);
}

TEST_CASE("The photograph's own pixels are laid over the painting, at twice its size",
          "[photograph]") {
  PhotographBench bench;
  const Image painting(kHeight, kWidth, 3, 60);
  const auto middle = [](const Image& result, double y) {
    return int{result.at(static_cast<int>(y * result.height), result.width / 2)[0]};
  };
  const Image result = bench.PrepareJob()->Finish(0, painting);
  REQUIRE(result.height == 2 * kHeight);
  REQUIRE(result.width == 2 * kWidth);
  CHECK(middle(result, .4) == 210);  // the chest
  CHECK(result.at(2, 2)[0] == 60);   // the wall
  const int face_row = static_cast<int>(.12 * 2 * kHeight);
  CHECK(int{result.at(face_row, kWidth)[0]} > 190);

  bench.spec.set_output_scale(1);
  CHECK(middle(bench.PrepareJob()->Finish(0, painting), .4) == 210);

  // Another face is painted: the source's own is not laid over it.
  bench.spec.set_output_scale(2);
  bench.spec.mutable_face()->set_data(Png(64, 64, 30));
  const Image other_face = bench.PrepareJob()->Finish(0, painting);
  CHECK(middle(other_face, .4) == 210);
  CHECK(int{other_face.at(face_row, kWidth)[0]} < 190);

  // Another texture is painted: none of the source's pixels are.
  bench.spec.mutable_texture()->set_data(
      Png(bench.painter_info->texture_height, bench.painter_info->texture_width, 30));
  CHECK(middle(bench.PrepareJob()->Finish(0, painting), .4) == 60);
}

TEST_CASE("A pose from behind is warned of: the source showed little of it", "[photograph]") {
  PhotographBench bench;
  CHECK(bench.PrepareJob()->warnings.empty());
  bench.target = Standing(0, 180);
  bench.spec.mutable_pose_picture()->set_data(Png(kHeight, kWidth, 40));
  const auto job = bench.PrepareJob();
  REQUIRE(job->warnings.size() == 1);
  CHECK(job->warnings[0].reason == "LITTLE_SEEN");
  CHECK(job->warnings[0].field == "source");
  CHECK(*job->warnings[0].value < .05);
  CHECK(*job->warnings[0].limit == .25);
}

TEST_CASE("What the source does not show comes from a further photograph", "[photograph]") {
  PhotographBench bench;
  // The pose and a further photograph (value 120) are seen from behind.
  bench.target = Standing(0, 180);
  bench.perception.fit = [&](const Image& picture) {
    const bool is_front = picture.data[0] == 210;
    const people::FittedBody body = is_front ? bench.source : bench.target;
    return FakePerception::FittedPerson{body, MaskOf(body, picture.height, picture.width), true};
  };
  bench.spec.mutable_pose_picture()->set_data(Png(kHeight, kWidth, 40));
  bench.spec.add_sources()->set_data(Png(kHeight, kWidth, 120));
  const auto job = bench.PrepareJob();
  CHECK(job->warnings.empty());
  const Image result = job->Finish(0, Image(kHeight, kWidth, 3, 60));
  CHECK(int{result.at(static_cast<int>(.4 * result.height), kWidth)[0]} == 120);
}

TEST_CASE("Only photographs are joined", "[photograph]") {
  PhotographBench bench;
  bench.is_photograph = false;
  bench.spec.add_sources()->set_data(Png(kHeight, kWidth, 120));
  v1::LeasedJob job;
  *job.mutable_spec()->mutable_synthesis() = bench.spec;
  const auto refused = bench.synthesis.Prepare(job, {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "SOURCES_NOT_JOINED");
}

TEST_CASE("Each picture has its own estimator and person", "[photograph]") {
  PhotographBench bench;
  bench.spec.set_source_estimator(v1::ESTIMATOR_PHOTOGRAPH);
  bench.spec.set_pose_estimator(v1::ESTIMATOR_RENDERED);
  bench.spec.mutable_source_person()->set_index(2);
  // The pose picture is padded to the result's aspect before it is read: so is the box.
  bench.spec.mutable_pose_picture()->set_data(Png(kHeight, 100, 20));
  v1::Box& box = *bench.spec.mutable_pose_person()->mutable_box();
  box.set_left(10);
  box.set_right(60);
  box.set_top(5);
  box.set_bottom(200);
  (void)bench.PrepareJob();
  REQUIRE(bench.perception.readings.size() == 2);
  CHECK(bench.perception.readings[0].estimator == v1::ESTIMATOR_PHOTOGRAPH);
  CHECK(bench.perception.readings[0].person.index() == 2);
  CHECK(bench.perception.readings[1].estimator == v1::ESTIMATOR_RENDERED);
  CHECK(bench.perception.readings[1].person.box().left() == 10 + (kWidth - 100) / 2);
  CHECK(bench.perception.readings[1].person.box().bottom() == 200);

  // An error of the service about how a picture was to be read names the spec's own field.
  v1::LeasedJob job;
  *job.mutable_spec()->mutable_synthesis() = bench.spec;
  job.mutable_spec()->mutable_synthesis()->mutable_source_person()->set_index(7);
  for (const std::string field : {"person.index", "estimator"}) {
    bench.perception.pose_error = Error{Code::kInvalidArgument, "INVALID_FIELD", "bad", field};
    const auto refused = bench.synthesis.Prepare(job, {});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().field == "source_" + field);
  }
  bench.perception.pose_error.reset();
  bench.perception.readings.resize(2);

  // Another choice is another reading, not the one from the cache.
  bench.spec.mutable_source_person()->set_index(1);
  (void)bench.PrepareJob();
  CHECK(bench.perception.readings.size() == 3);
}

}  // namespace
}  // namespace atelier::generation
