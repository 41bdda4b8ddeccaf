#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "preparer_bench.h"
#include "support/photograph_files.h"

namespace atelier::generation {

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

using engine::Condition;

TEST_CASE("A model that reads the source alone costs no call of a service", "[preparer]") {
  Bench bench;
  bench.ReadOnly({Condition::kSourcePicture});
  for (int round = 0; round < 2; ++round) {
    const auto job = bench.Prepare();
    REQUIRE(job);
    CHECK((*job)->conditions.source.height == 256);
    CHECK((*job)->conditions.texture_map.empty());
    CHECK((*job)->conditions.iuv.empty());
  }
  CHECK(bench.perception.posed.empty());
  CHECK(bench.perception.regions_calls == 0);
}

TEST_CASE(
    "A model without a face embedding runs no face network, one without a texture map makes "
    "none",
    "[preparer]") {
  Bench bench;
  SECTION("texture map and IUV") {
    bench.ReadOnly({Condition::kTextureMap, Condition::kTargetIuv});
    const auto job = bench.Prepare();
    REQUIRE(job);
    CHECK(bench.perception.face_calls == 0);
    CHECK(bench.perception.texture_calls == 1);
    CHECK(bench.perception.posed.size() == 2);
    CHECK((*job)->conditions.face_embedding.empty());
    CHECK((*job)->conditions.source.empty());
    CHECK((*job)->conditions.texture_map.height == 64);
  }
  SECTION("source picture and face") {
    bench.ReadOnly({Condition::kSourcePicture, Condition::kFaceEmbedding});
    const auto job = bench.Prepare();
    REQUIRE(job);
    CHECK(bench.perception.face_calls == 1);
    CHECK(bench.perception.texture_calls == 0);
    // The source's alone: the target is not read.
    CHECK(bench.perception.posed.size() == 1);
    CHECK((*job)->conditions.face_embedding == std::vector<float>{10});
    CHECK((*job)->conditions.texture_map.empty());
  }
  SECTION("the target's IUV alone") {
    bench.ReadOnly({Condition::kTargetIuv});
    REQUIRE(bench.Prepare());
    CHECK(bench.perception.posed.size() == 1);
    CHECK(bench.perception.regions_calls == 0);
  }
}

TEST_CASE("A model that reads keypoints gets their picture from one call, with or without the IUV",
          "[preparer]") {
  Bench bench;
  bench.spec.mutable_pose_picture()->set_data(Png(100, 200, 20));
  SECTION("keypoints alone") {
    bench.ReadOnly({Condition::kSourcePicture, Condition::kKeypointPicture});
    for (int round = 0; round < 2; ++round) {
      const auto job = bench.Prepare();
      REQUIRE(job);
      CHECK((*job)->conditions.iuv.empty());
      // Padded to the result's aspect, as an IUV is.
      CHECK((*job)->conditions.keypoint_picture.width == 200);
      CHECK((*job)->conditions.keypoint_picture.height > 250);
    }
    REQUIRE(bench.perception.pose_parts.size() == 1);
    CHECK_FALSE(bench.perception.pose_parts[0].iuv);
  }
  SECTION("both") {
    bench.ReadOnly({Condition::kTargetIuv, Condition::kKeypointPicture});
    const auto job = bench.Prepare();
    REQUIRE(job);
    CHECK((*job)->conditions.iuv.width == 200);
    CHECK((*job)->conditions.keypoint_picture.width == 200);
    CHECK(bench.perception.pose_parts.size() == 1);
  }
  SECTION("an IUV has no keypoints") {
    bench.ReadOnly({Condition::kSourcePicture, Condition::kKeypointPicture});
    bench.spec.mutable_pose_iuv()->set_data(IuvPng(256, 176, 5, "atelier"));
    const auto job = bench.Prepare();
    REQUIRE_FALSE(job);
    CHECK(job.error().field == "pose_picture");
  }
}

TEST_CASE("What is said of a source that is read as a picture alone is refused, not passed over",
          "[preparer]") {
  Bench bench;
  bench.ReadOnly({Condition::kSourcePicture, Condition::kKeypointPicture});
  bench.spec.mutable_pose_picture()->set_data(Png(100, 200, 20));
  bench.spec.mutable_source_person()->set_index(1);
  CHECK(bench.Prepare().error().field == "source_person");
  bench.spec.clear_source_person();
  bench.spec.mutable_source_iuv()->set_data(IuvPng(256, 176, 7, "atelier"));
  CHECK(bench.Prepare().error().field == "source_iuv");
  bench.spec.clear_source_iuv();
  CHECK(bench.Prepare().has_value());
}

TEST_CASE("A texture or a face that the model does not read is refused, not passed over",
          "[preparer]") {
  Bench bench;
  bench.ReadOnly({Condition::kSourcePicture});
  bench.spec.mutable_texture()->set_data(Png(64, 96, 3));
  CHECK(bench.Prepare().error().field == "texture");
  bench.spec.clear_texture();
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  const auto job = bench.Prepare();
  REQUIRE_FALSE(job);
  CHECK(job.error().code == Code::kInvalidArgument);
  CHECK(job.error().message.find("the model reads no face embedding") != std::string::npos);
}

TEST_CASE("A worker tells the server which conditions each of its models reads", "[preparer]") {
  Bench bench;
  bench.ReadOnly({Condition::kSourcePicture, Condition::kKeypointPicture});
  const std::vector<v1::Model> models = bench.painters.Describe();
  const auto conditions_of = [&](const std::string& name) {
    std::vector<int> conditions;
    for (const v1::Model& model : models) {
      if (model.name() == name)
        conditions.assign(model.conditions().begin(), model.conditions().end());
    }
    return conditions;
  };
  CHECK(conditions_of("models/picky") ==
        std::vector<int>{v1::CONDITION_SOURCE_PICTURE, v1::CONDITION_KEYPOINT_PICTURE});
  CHECK(conditions_of("models/mini") ==
        std::vector<int>{v1::CONDITION_SOURCE_PICTURE, v1::CONDITION_TEXTURE_MAP,
                         v1::CONDITION_TARGET_IUV, v1::CONDITION_FACE_EMBEDDING});
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

TEST_CASE("Every picture of a job is fetched under the job's own lease", "[preparer]") {
  Bench bench;
  bench.spec.mutable_source()->set_asset(bench.assets.Put(Png(256, 176, 11)));
  bench.spec.mutable_pose_picture()->set_asset(bench.assets.Put(Png(256, 176, 12)));
  bench.spec.mutable_texture()->set_asset(bench.assets.Put(Png(64, 96, 13)));
  REQUIRE(bench.Prepare());
  CHECK(bench.assets.fetches == 3);
  CHECK(bench.assets.leases == std::set<std::string>{"token"});
}

TEST_CASE("Models of either texture layout are given the one that they read", "[preparer]") {
  Bench bench;
  const auto atlas = bench.Prepare();
  REQUIRE(atlas);
  CHECK((*atlas)->conditions.texture_map.width == 96);
  bench.spec.set_model("models/published");
  const auto smpl = bench.Prepare();
  INFO((smpl ? "" : smpl.error().message));
  REQUIRE(smpl);
  CHECK((*smpl)->conditions.texture_map.width == 512);
  CHECK((*smpl)->conditions.texture_validity.width == 512);
}

TEST_CASE("What was read of a person for one model is not taken for another", "[preparer]") {
  Bench bench;
  REQUIRE(bench.painters.Add(std::make_unique<FakePainter>("other")));
  REQUIRE(bench.Prepare());
  bench.spec.set_model("models/other");
  const auto other = bench.Prepare();
  REQUIRE(other);
  // The layouts are the same: their pose and face networks need not be.
  CHECK((*other)->conditions.texture_map.at(0, 0)[0] == 2);
  CHECK(bench.perception.models == std::vector<std::string>{"mini", "mini", "other", "other"});
  bench.spec.set_model("models/mini");
  CHECK(bench.Prepare().value()->conditions.texture_map.at(0, 0)[0] == 1);
  CHECK(bench.perception.regions_calls == 2);
}

TEST_CASE("A region service with another folder under the model's name is told apart by the layout",
          "[preparer]") {
  Bench bench;
  bench.perception.layout = "smpl";
  const auto job = bench.Prepare();
  REQUIRE_FALSE(job);
  CHECK(job.error().reason == "TEXTURE_SIZE");
  CHECK(job.error().message.find("the region service made one of layout smpl and 512 x 512") !=
        std::string::npos);
}

TEST_CASE("A huge source is shrunk before anybody reads it", "[preparer]") {
  Bench bench;
  bench.spec.mutable_source()->set_data(Png(3000, 1500, 10));
  const auto job = bench.Prepare();
  REQUIRE(job);
  CHECK((*job)->conditions.source.height == 1024);
  CHECK((*job)->conditions.source.width == 512);
}

TEST_CASE("A huge photograph on its side is read upright and as large as a small one",
          "[preparer]") {
  Bench bench;
  std::vector<uint8_t> jpeg;
  cv::imencode(".jpg", cv::Mat(3000, 6000, CV_8UC3, cv::Scalar::all(90)), jpeg);
  const std::string photograph = AddJpegMetadata({jpeg.begin(), jpeg.end()}, 6);
  bench.spec.mutable_source()->set_data(photograph);
  bench.spec.mutable_pose_picture()->set_data(photograph);
  v1::Box& box = *bench.spec.mutable_source_person()->mutable_box();
  box.set_left(300);
  box.set_right(2400);
  box.set_bottom(6000);
  const auto job = bench.Prepare();
  REQUIRE(job);
  // Places are in pixels of the whole picture, whatever it was decoded to.
  const v1::Box& read = bench.perception.readings.at(0).person.box();
  CHECK(read.left() == Approx(300 * 1024.0 / 6000));
  CHECK(read.bottom() == Approx(1024));
  CHECK((*job)->conditions.source.height == 1024);
  CHECK((*job)->conditions.source.width == 512);
  CHECK((*job)->conditions.source.at(500, 250)[0] == 90);
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

TEST_CASE("A picture that is only asked for its face may show a small or doubtful body",
          "[preparer]") {
  Bench bench;
  bench.spec.mutable_face()->set_data(bench.spec.source().data());
  for (const char* reason : {"PERSON_SMALL", "PERSON_UNSURE", "PERSON_CUT_OFF"}) {
    bench.perception.pose_warnings = {{reason, "picture", "doubtful", 20.0, 64.0}};
    const auto job = bench.Prepare();
    REQUIRE(job);
    for (const Warning& warning : (*job)->warnings) CHECK(warning.field != "face");
  }
}

TEST_CASE("Where nobody reads IUVs in the model's chart, a face is found without one",
          "[preparer]") {
  Bench bench;
  bench.spec.set_model("models/published");
  bench.perception.pose_error = {Code::kFailedPrecondition, "IUV_CHART", "bring one", ""};
  const auto unread = bench.Prepare();
  REQUIRE_FALSE(unread);
  CHECK(unread.error().reason == "IUV_CHART");
  CHECK(unread.error().message == "source: bring one");
  bench.spec.mutable_source_iuv()->set_data(IuvPng(256, 176, 7, "densepose"));
  bench.spec.mutable_pose_iuv()->set_data(IuvPng(256, 176, 5, "densepose"));
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  CHECK(bench.Prepare().value()->conditions.face_embedding == std::vector<float>{77});
  CHECK(bench.perception.iuvs.back().empty());
  // With a texture of its own, the source too is read for its face alone.
  bench.spec.clear_face();
  bench.spec.clear_source_iuv();
  bench.spec.mutable_texture()->set_data(Png(512, 512, 3));
  CHECK(bench.Prepare().value()->conditions.face_embedding == std::vector<float>{10});
  // That is not enough for a job that wants its texture.
  bench.spec.clear_texture();
  CHECK(bench.Prepare().error().reason == "IUV_CHART");
  bench.spec.mutable_face()->set_data(Png(64, 64, 78));
  bench.spec.mutable_source_iuv()->set_data(IuvPng(256, 176, 7, "densepose"));
  bench.perception.regions_error = {Code::kFailedPrecondition, "NO_PHOTOGRAPH_NETWORKS", "none",
                                    ""};
  CHECK(bench.Prepare().error().message == "face: bring one");
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

TEST_CASE("A face that nobody knows apart is told from no face", "[preparer]") {
  Bench bench;
  bench.perception.embeds = false;
  CHECK(bench.Prepare());
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  const auto job = bench.Prepare();
  REQUIRE_FALSE(job);
  CHECK(job.error().reason == "NO_FACE_EMBEDDING");
}

TEST_CASE("A face is found where nobody's body is seen, and nobody at all is no face",
          "[preparer]") {
  Bench bench;
  bench.spec.set_iuv_chart("atelier");
  bench.spec.mutable_source_iuv()->set_data(IuvPng(256, 176, 7, "atelier"));
  bench.spec.mutable_pose_iuv()->set_data(IuvPng(256, 176, 5, "atelier"));
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  bench.perception.pose_error = {Code::kFailedPrecondition, "NO_PERSON", "nobody is seen", ""};
  const auto close_up = bench.Prepare();
  REQUIRE(close_up);
  CHECK((*close_up)->conditions.face_embedding == std::vector<float>{77});
  bench.perception.face = false;
  bench.spec.mutable_face()->set_data(Png(64, 64, 78));
  CHECK(bench.Prepare().error().reason == "NO_FACE");
  // Without a detector of faces the pose service's word is the last one.
  bench.spec.mutable_face()->set_data(Png(64, 64, 79));
  bench.perception.regions_error = {Code::kFailedPrecondition, "NO_PHOTOGRAPH_NETWORKS", "none",
                                    ""};
  const auto nobody = bench.Prepare();
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().reason == "NO_FACE");
  CHECK(nobody.error().message == "face: nobody is seen");
}

TEST_CASE("A face picture need not show a body", "[preparer]") {
  Bench bench;
  bench.perception.pose_warnings = {{"PERSON_CUT_OFF", "picture", "a head", 0.6, 0.2}};
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  const auto job = bench.Prepare();
  REQUIRE(job);
  REQUIRE((*job)->warnings.size() == 2);
  CHECK((*job)->warnings[0].field == "source");
  CHECK((*job)->warnings[1].field == "pose_picture");
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
  bench.perception.pose_error = {Code::kInvalidArgument, "INVALID_FIELD", "too small", "picture"};
  CHECK(bench.Prepare().error().field == "source");
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

}  // namespace atelier::generation
