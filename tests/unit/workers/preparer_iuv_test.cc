// IUV pictures and charts that a job brings, and what services doubt.
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "preparer_bench.h"
#include "support/photograph_files.h"

namespace atelier::generation {

TEST_CASE("A pose given as IUV needs no pose service for the target", "[preparer]") {
  Bench bench;
  bench.spec.mutable_pose_iuv()->set_data(Png(256, 176, 5));
  const auto job = bench.Prepare();
  REQUIRE(job);
  CHECK((*job)->conditions.iuv.at(0, 0)[0] == 5);
  CHECK(bench.perception.posed.size() == 1);
}

TEST_CASE("A source's IUV that comes with the job takes the pose service's place", "[preparer]") {
  Bench bench;
  bench.spec.set_model("models/published");
  bench.spec.mutable_source()->set_data(Png(2048, 1024, 10));
  bench.spec.mutable_source_iuv()->set_data(IuvPng(2048, 1024, 7, "densepose"));
  bench.spec.mutable_pose_iuv()->set_data(IuvPng(256, 176, 5, "densepose"));
  const auto job = bench.Prepare();
  INFO((job ? "" : job.error().message));
  REQUIRE(job);
  CHECK(bench.perception.posed.empty());
  // Shrunk like the picture, its parts unmixed.
  CHECK(bench.perception.iuvs.front() == Image(1024, 512, 3, 7));
  CHECK((*job)->warnings.empty());
  REQUIRE(bench.Prepare());
  CHECK(bench.perception.regions_calls == 1);
  // Another IUV of the same picture is another person.
  bench.spec.mutable_source_iuv()->set_data(IuvPng(2048, 1024, 8, "densepose"));
  REQUIRE(bench.Prepare());
  CHECK(bench.perception.regions_calls == 2);
  bench.spec.mutable_source_iuv()->set_data(IuvPng(1024, 512, 7, "densepose"));
  const auto smaller = bench.Prepare();
  REQUIRE_FALSE(smaller);
  CHECK(smaller.error().field == "source_iuv");
  CHECK(smaller.error().message.find("1024 x 2048") != std::string::npos);
}

TEST_CASE("An IUV has the size that a photograph on its side is shown in", "[preparer]") {
  Bench bench;
  bench.spec.set_model("models/published");
  std::vector<uint8_t> jpeg;
  cv::imencode(".jpg", cv::Mat(1200, 2400, CV_8UC3, cv::Scalar::all(90)), jpeg);
  bench.spec.mutable_source()->set_data(AddJpegMetadata({jpeg.begin(), jpeg.end()}, 6));
  bench.spec.mutable_source_iuv()->set_data(IuvPng(2400, 1200, 7, "densepose"));
  bench.spec.mutable_pose_iuv()->set_data(IuvPng(256, 176, 5, "densepose"));
  const auto job = bench.Prepare();
  INFO((job ? "" : job.error().message));
  REQUIRE(job);
  CHECK(bench.perception.iuvs.front() == Image(1024, 512, 3, 7));
  bench.spec.mutable_source_iuv()->set_data(IuvPng(1200, 2400, 7, "densepose"));
  const auto stored = bench.Prepare();
  REQUIRE_FALSE(stored);
  CHECK(stored.error().field == "source_iuv");
  CHECK(stored.error().message.find("1200 x 2400") != std::string::npos);
}

TEST_CASE("An IUV in a chart that the model does not read is refused with what to bring",
          "[preparer]") {
  Bench bench;
  bench.spec.mutable_pose_iuv()->set_data(IuvPng(256, 176, 5, "atelier"));
  REQUIRE(bench.Prepare());
  bench.spec.mutable_source_iuv()->set_data(IuvPng(256, 176, 5, "atelier"));
  REQUIRE(bench.Prepare());
  bench.spec.set_model("models/published");
  const auto by_file = bench.Prepare();
  REQUIRE_FALSE(by_file);
  CHECK(by_file.error().code == Code::kFailedPrecondition);
  CHECK(by_file.error().reason == "IUV_CHART");
  CHECK(by_file.error().field == "source_iuv");
  CHECK(by_file.error().message.find("DensePose export") != std::string::npos);
  bench.spec.clear_source_iuv();
  CHECK(bench.Prepare().error().field == "pose_iuv");
  bench.spec.mutable_pose_iuv()->set_data(Png(256, 176, 5));
  bench.spec.set_iuv_chart("atelier");
  CHECK(bench.Prepare().error().reason == "IUV_CHART");
  bench.spec.set_iuv_chart("densepose");
  CHECK(bench.Prepare());
  bench.spec.set_iuv_chart("uv");
  CHECK(bench.Prepare().error().field == "iuv_chart");
  bench.spec.mutable_pose_picture()->set_data(Png(256, 176, 20));
  CHECK(bench.Prepare().error().field == "iuv_chart");
}

TEST_CASE("A chart that nobody says is the model's, and the job has a warning each time",
          "[preparer]") {
  Bench bench;
  bench.spec.mutable_source_iuv()->set_data(Png(256, 176, 5));
  bench.spec.mutable_pose_iuv()->set_data(Png(256, 176, 5));
  for (int round = 0; round < 2; ++round) {
    const auto job = bench.Prepare();
    REQUIRE(job);
    REQUIRE((*job)->warnings.size() == 2);
    CHECK((*job)->warnings[0].reason == "IUV_CHART_ASSUMED");
    CHECK((*job)->warnings[0].field == "source_iuv");
    CHECK((*job)->warnings[1].field == "pose_iuv");
  }
  bench.spec.set_iuv_chart("atelier");
  CHECK(bench.Prepare().value()->warnings.empty());
}

TEST_CASE("A black IUV is refused by its field, the rule and what was given", "[preparer]") {
  Bench bench;
  bench.spec.set_iuv_chart("atelier");
  bench.spec.mutable_pose_iuv()->set_data(Png(256, 176, 0));
  const auto pose = bench.Prepare();
  REQUIRE_FALSE(pose);
  CHECK(pose.error().field == "pose_iuv");
  CHECK(
      pose.error().message ==
      "`pose_iuv` must be an IUV picture with a body part, 1..24 in R, somewhere. Given: R is 0 in "
      "all of 176 x 256 pixels");
  bench.spec.mutable_source_iuv()->set_data(Png(256, 176, 0));
  CHECK(bench.Prepare().error().field == "source_iuv");
}

TEST_CASE("What the services doubt is the job's, by the spec's field, also from the cache",
          "[preparer]") {
  Bench bench;
  bench.perception.pose_warnings = {{"SEVERAL_PEOPLE", "picture", "three people", 3.0, 1.0}};
  bench.spec.mutable_face()->set_data(bench.spec.source().data());
  for (int round = 0; round < 2; ++round) {
    const auto job = bench.Prepare();
    REQUIRE(job);
    REQUIRE((*job)->warnings.size() == 3);
    CHECK((*job)->warnings[0].field == "source");
    CHECK((*job)->warnings[1].field == "face");
    CHECK((*job)->warnings[2].field == "pose_picture");
    CHECK((*job)->warnings[2].value == 3.0);
  }
  CHECK(bench.perception.posed.size() == 2);
}

/// A job whose source shows nobody, with its texture map and its pose.
struct BroughtBench : Bench {
  BroughtBench() {
    spec.mutable_texture()->set_data(Png(64, 96, 3));
    spec.mutable_pose_iuv()->set_data(IuvPng(256, 176, 5, "atelier"));
    perception.pose_error = {Code::kFailedPrecondition, "NO_PERSON", "nobody is seen", ""};
  }
};

TEST_CASE("A source without a visible person is painted with the texture and the pose of the job",
          "[preparer]") {
  BroughtBench bench;
  SECTION("whose face a detector finds") {
    const auto job = bench.Prepare();
    INFO((job ? "" : job.error().message));
    REQUIRE(job);
    CHECK((*job)->conditions.texture_map.at(0, 0)[0] == 3);
    CHECK((*job)->conditions.iuv.at(0, 0)[0] == 5);
    CHECK((*job)->conditions.face_embedding == std::vector<float>{10});
    CHECK(bench.perception.texture_calls == 0);
  }
  SECTION("where there is no detector of faces") {
    bench.perception.regions_error = {Code::kFailedPrecondition, "NO_PHOTOGRAPH_NETWORKS", "none",
                                      ""};
    const auto job = bench.Prepare();
    REQUIRE(job);
    CHECK((*job)->conditions.face_embedding.empty());
  }
  SECTION("to which no body can be fitted") {
    bench.perception.pose_error->reason = "HEAD_NOT_SEEN";
    CHECK(bench.Prepare());
  }
  SECTION("but not where a service is away") {
    bench.perception.pose_error = {Code::kUnavailable, "UNAVAILABLE", "away", ""};
    CHECK(bench.Prepare().error().code == Code::kUnavailable);
  }
  SECTION("and is still nobody to a job that wants the texture") {
    REQUIRE(bench.Prepare());
    bench.spec.clear_texture();
    CHECK(bench.Prepare().error().reason == "NO_PERSON");
  }
}

TEST_CASE("Nothing is looked for in the source where the job brings texture, face and pose",
          "[preparer]") {
  BroughtBench bench;
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  const auto job = bench.Prepare();
  REQUIRE(job);
  CHECK((*job)->conditions.source.height == 256);
  CHECK((*job)->conditions.face_embedding == std::vector<float>{77});
  // The face picture's own.
  REQUIRE(bench.perception.posed.size() == 1);
  CHECK(bench.perception.posed.front().height == 64);
  CHECK(bench.perception.regions_calls == 1);
  // Nor in further photographs, of which nothing is taken.
  bench.spec.add_sources()->set_data(Png(256, 176, 30));
  CHECK(bench.Prepare());
}

TEST_CASE("A face that the job brings is not looked for in the source, a texture is not made twice",
          "[preparer]") {
  Bench bench;
  bench.spec.mutable_face()->set_data(Png(64, 64, 77));
  REQUIRE(bench.Prepare());
  CHECK(bench.perception.face_calls == 1);
  CHECK(bench.perception.texture_calls == 1);
  // The next job wants the source's: the person is known, their face alone is not.
  bench.spec.clear_face();
  const auto job = bench.Prepare();
  REQUIRE(job);
  CHECK((*job)->conditions.face_embedding == std::vector<float>{10});
  CHECK(bench.perception.texture_calls == 1);
  CHECK(bench.perception.face_calls == 2);
  CHECK(bench.perception.posed.size() == 3);
}

TEST_CASE("IUVs in OpenCV's order are read in the order that the spec says", "[preparer]") {
  Bench bench;
  const auto reversed = [](int height, int width) {
    Image iuv(height, width, 3, 90);
    for (size_t i = 2; i < iuv.data.size(); i += 3) iuv.data[i] = 7;
    return imaging::EncodeIuv(iuv, "atelier").value();
  };
  bench.spec.mutable_pose_iuv()->set_data(reversed(256, 176));
  bench.spec.mutable_source_iuv()->set_data(reversed(256, 176));
  const auto refused = bench.Prepare();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "source_iuv");
  CHECK(refused.error().message.find("iuv_channels VUI") != std::string::npos);
  bench.spec.set_iuv_channels(v1::IUV_CHANNELS_VUI);
  const auto job = bench.Prepare();
  INFO((job ? "" : job.error().message));
  REQUIRE(job);
  CHECK((*job)->conditions.iuv.at(0, 0)[0] == 7);
  CHECK(bench.perception.iuvs.front().at(0, 0)[0] == 7);
  CHECK(bench.perception.iuvs.front().at(0, 0)[2] == 90);
}

}  // namespace atelier::generation
