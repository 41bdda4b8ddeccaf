#include "generation/job_preparer.h"

#include <catch2/catch.hpp>
#include <map>

#include "digest/sha256.h"
#include "fake_painter.h"
#include "runtime/picture_codec.h"

namespace atelier::generation {
namespace {

/// Sees a person everywhere; the face embedding is the picture's first byte.
class FakePerception : public Perception {
 public:
  std::optional<Error> pose_error;
  bool face = true;
  std::vector<Image> posed;
  int regions_calls = 0;

  Result<Image> EstimateIuv(const Image& picture, std::stop_token) override {
    posed.push_back(picture);
    if (pose_error) return Propagate(*pose_error);
    return Image(picture.height, picture.width, 3, 2);
  }
  Result<Regions> ExtractRegions(const Image& picture, const Image& iuv, std::stop_token) override {
    ++regions_calls;
    REQUIRE(iuv.height == picture.height);
    REQUIRE(iuv.width == picture.width);
    Regions regions{Image(64, 96, 3, 9), Image(64, 96, 1, 255), {}};
    if (face) regions.face_embedding = {static_cast<float>(picture.data[0])};
    return regions;
  }
};

class FakeAssets : public AssetSource {
 public:
  std::map<std::string, std::string> files;
  int fetches = 0;
  std::string Put(const std::string& bytes) {
    const std::string name = "assets/" + Sha256Hex(bytes);
    files[name] = bytes;
    return name;
  }
  Result<std::string> Fetch(const std::string& asset, std::stop_token) override {
    ++fetches;
    if (!files.contains(asset)) return MakeError(Code::kNotFound, "ASSET_NOT_FOUND", "none");
    return files[asset];
  }
};

std::string Png(int height, int width, uint8_t value) {
  return runtime::EncodePng(Image(height, width, 3, value)).value();
}

struct Bench {
  Bench() {
    REQUIRE(painters.Add(std::make_unique<FakePainter>()));
    spec.mutable_source()->set_data(Png(256, 176, 10));
    spec.mutable_pose_picture()->set_data(Png(256, 176, 20));
    spec.set_model("models/mini");
    spec.set_seed(100);
  }
  Result<std::unique_ptr<PaintJob>> Prepare() { return preparer.Prepare(spec, {}); }

  PainterSet painters;
  FakeAssets assets;
  FakePerception perception;
  telemetry::Metrics metrics;
  ConditionsCache cache{64 << 20, metrics};
  JobPreparer preparer{painters, assets, perception, cache};
  v1::SynthesisSpec spec;
};

TEST_CASE("A job is prepared from its source, its regions and its pose", "[preparer]") {
  Bench bench;
  bench.spec.set_image_count(3);
  const auto job = bench.Prepare();
  REQUIRE(job);
  const engine::PaintRequest& request = (*job)->conditions;
  CHECK(request.source.at(0, 0)[0] == 10);
  CHECK(request.texture_map.height == 64);
  CHECK(request.texture_validity.channels == 1);
  CHECK(request.iuv.height == 256);
  CHECK(request.face_embedding == std::vector<float>{10});
  CHECK((*job)->seeds == std::vector<uint64_t>{100, 101, 102});
}

TEST_CASE("The same person is read once, by value or by asset", "[preparer]") {
  Bench bench;
  REQUIRE(bench.Prepare());
  CHECK(bench.perception.posed.size() == 2);
  bench.spec.mutable_source()->set_asset(bench.assets.Put(Png(256, 176, 10)));
  REQUIRE(bench.Prepare());
  CHECK(bench.perception.posed.size() == 2);
  CHECK(bench.perception.regions_calls == 1);
  CHECK(bench.assets.fetches == 0);
}

TEST_CASE("A huge source is shrunk before anybody reads it", "[preparer]") {
  Bench bench;
  bench.spec.mutable_source()->set_data(Png(3000, 1500, 10));
  const auto job = bench.Prepare();
  REQUIRE(job);
  CHECK((*job)->conditions.source.height == 1024);
  CHECK((*job)->conditions.source.width == 512);
}

TEST_CASE("A landscape pose picture is padded to the result's aspect", "[preparer]") {
  Bench bench;
  bench.spec.mutable_pose_picture()->set_data(Png(100, 200, 20));
  bench.spec.set_height(256);
  bench.spec.set_width(128);
  const auto job = bench.Prepare();
  REQUIRE(job);
  CHECK(bench.perception.posed.back().height == 400);
  CHECK(bench.perception.posed.back().width == 200);
}

TEST_CASE("A pose given as IUV needs no pose service for the target", "[preparer]") {
  Bench bench;
  bench.spec.mutable_pose_iuv()->set_data(Png(256, 176, 5));
  const auto job = bench.Prepare();
  REQUIRE(job);
  CHECK((*job)->conditions.iuv.at(0, 0)[0] == 5);
  CHECK(bench.perception.posed.size() == 1);
}

TEST_CASE("A face from another picture replaces the source's", "[preparer]") {
  Bench bench;
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  CHECK(bench.Prepare().value()->conditions.face_embedding == std::vector<float>{77});
}

TEST_CASE("A face picture without a face is an error, a source without one is not", "[preparer]") {
  Bench bench;
  bench.perception.face = false;
  const auto faceless = bench.Prepare();
  REQUIRE(faceless);
  CHECK((*faceless)->conditions.face_embedding.empty());
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  const auto job = bench.Prepare();
  REQUIRE_FALSE(job);
  CHECK(job.error().reason == "NO_FACE");
}

TEST_CASE("A given texture must have the model's size", "[preparer]") {
  Bench bench;
  bench.spec.mutable_texture()->set_data(Png(64, 96, 3));
  const auto fitting = bench.Prepare();
  REQUIRE(fitting);
  CHECK((*fitting)->conditions.texture_map.at(0, 0)[0] == 3);
  CHECK((*fitting)->conditions.texture_validity.empty());
  bench.spec.mutable_texture()->set_data(Png(64, 64, 3));
  const auto job = bench.Prepare();
  REQUIRE_FALSE(job);
  CHECK(job.error().field == "texture");
}

TEST_CASE("What the pose service says against a picture is passed on with the picture's name",
          "[preparer]") {
  Bench bench;
  bench.perception.pose_error = {Code::kFailedPrecondition, "NO_PERSON", "nobody is seen", ""};
  const auto job = bench.Prepare();
  REQUIRE_FALSE(job);
  CHECK(job.error().reason == "NO_PERSON");
  CHECK(job.error().message == "source: nobody is seen");
  bench.perception.pose_error.reset();
  CHECK(bench.Prepare());
}

TEST_CASE("A spec that cannot be painted is refused with its field", "[preparer]") {
  Bench bench;
  const auto field_of = [&] { return bench.Prepare().error().field; };
  SECTION("too many pictures") {
    bench.spec.set_image_count(9);
    CHECK(field_of() == "image_count");
  }
  SECTION("a height that is no multiple of 8") {
    bench.spec.set_height(250);
    CHECK(field_of() == "height");
  }
  SECTION("no target") {
    bench.spec.clear_target();
    CHECK(field_of() == "target");
  }
  SECTION("no source") {
    bench.spec.clear_source();
    CHECK(field_of() == "source");
  }
  SECTION("a source that is no picture") {
    bench.spec.mutable_source()->set_data("hello");
    CHECK(field_of() == "source");
  }
  SECTION("an unknown model") {
    bench.spec.set_model("models/huge");
    CHECK(bench.Prepare().error().code == Code::kNotFound);
  }
  SECTION("an asset that is not there") {
    bench.spec.mutable_source()->set_asset("assets/none");
    CHECK(bench.Prepare().error().code == Code::kNotFound);
  }
}

TEST_CASE("Two models of one name cannot be held", "[preparer]") {
  PainterSet painters;
  REQUIRE(painters.Add(std::make_unique<FakePainter>("mini")));
  CHECK_FALSE(painters.Add(std::make_unique<FakePainter>("mini")));
  REQUIRE(painters.Add(std::make_unique<FakePainter>("full")));
  CHECK(painters.Describe().size() == 2);
  CHECK_FALSE(painters.Find(""));
  CHECK(painters.Find("models/full"));
}

}  // namespace
}  // namespace atelier::generation
