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

}  // namespace atelier::generation
