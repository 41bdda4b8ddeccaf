// Which networks read a picture, and what the answer says of it.
#include "perception/selection/pose_estimator_selector.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "imaging/picture_codec.h"
#include "perception/selection/estimator_settings.h"
#include "picture/png_text.h"
#include "pose/pose_service.h"
#include "support/temp_dir.h"

namespace atelier::perception {
namespace {

/// What a fake network reads: a person of `rows` rows of pixels.
struct FakeReading {
  int rows = 40;
  float parts = 0.9f;      // confidence of the IUV
  float keypoints = 0.9f;  // confidence of each keypoint
  float x = 1;             // where each keypoint is, in the mirrored picture too
};

class FakeModel final : public engine::PoseEstimator {
 public:
  explicit FakeModel(FakeReading reading) : reading_(reading) {}
  Result<engine::PoseEstimate> Estimate(const Image& picture) override {
    engine::PoseEstimate estimate;
    estimate.keypoints.fill({reading_.x, 1, reading_.keypoints});
    estimate.iuv = Image(picture.height, picture.width, 3);
    for (int y = 0; y < reading_.rows; ++y) estimate.iuv.at(y, 0)[0] = 2;
    estimate.confidence = reading_.parts;
    return estimate;
  }

 private:
  FakeReading reading_;
};

/// Finds a person at (2, 2), or none, or fails.
class FakePhotographEstimator final : public KeypointEstimator {
 public:
  explicit FakePhotographEstimator(std::string reason = "") : reason_(std::move(reason)) {}
  std::string_view name() const override { return "fake"; }
  Result<KeypointEstimate> Estimate(const Image& picture) override {
    if (reason_ == kNoPersonReason) return NoPerson(name(), 0.25, 0.58);
    if (!reason_.empty()) return MakeError(Code::kInternal, reason_, "it broke");
    KeypointEstimate estimate;
    estimate.keypoints.fill({2, 2, 0.8f});
    estimate.confidence = 0.8f;
    estimate.landmarks.resize(kBodyLandmarkCount);
    estimate.landmarks[32].x = 32;
    estimate.mask = Image(picture.height, picture.width, 1, 77);
    return estimate;
  }
  Result<KeypointEstimate> EstimateOne(const Image& picture, const PersonWanted& wanted) override {
    ATELIER_ASSIGN_OR_RETURN(KeypointEstimate estimate, Estimate(picture));
    estimate.keypoints.fill({static_cast<float>(10 * wanted.index), 2, 0.8f});
    return estimate;
  }

 private:
  std::string reason_;
};

class FakeDensePose final : public DensePose {
 public:
  explicit FakeDensePose(int rows) : rows_(rows) {}
  Result<IuvReading> Estimate(const Image& picture) override {
    IuvReading reading{Image(picture.height, picture.width, 3), 0.7f};
    for (int y = 0; y < rows_; ++y) reading.iuv.at(y, 0)[0] = 9;
    return reading;
  }

 private:
  int rows_;
};

PhotographNetworks Photographs(std::string reason = "") {
  return {std::make_unique<FakePhotographEstimator>(std::move(reason)), nullptr};
}

PoseEstimatorSelector MakeSelector(FakeReading model, PhotographNetworks photographs) {
  return {std::make_unique<FakeModel>(model), "mini", std::move(photographs)};
}

/// With a DensePose network that finds 50 rows.
PhotographNetworks PhotographsAndDensePose() {
  PhotographNetworks photographs = Photographs();
  photographs.dense_pose = std::make_unique<FakeDensePose>(50);
  return photographs;
}

/// For a model of `chart`, with a network of its own or without.
PoseEstimatorSelector SelectorFor(const std::string& chart, bool has_network,
                                  PhotographNetworks photographs) {
  std::unique_ptr<engine::PoseEstimator> network;
  if (has_network) network = std::make_unique<FakeModel>(FakeReading{});
  return {std::move(network), chart + "-model", std::move(photographs), chart};
}

const Image& Picture() {
  static const Image picture(64, 32, 3, 100);
  return picture;
}

constexpr FakeReading kUnsure = {.rows = 40, .parts = 0.5f, .keypoints = 0.75f};
/// Unsure, but in the mirrored picture it finds the mirrored person.
constexpr FakeReading kUnsureTwice = {.rows = 40, .parts = 0.5f, .keypoints = 0.75f, .x = 16};
constexpr FakeReading kNobody = {.rows = 0, .parts = 0, .keypoints = 0.1f};

TEST_CASE("A rendered person stays with the model's own network", "[pose]") {
  const auto estimate = MakeSelector({}, Photographs()).Estimate(Picture(), EstimatorChoice::kAuto);
  REQUIRE(estimate);
  CHECK(estimate->body_estimator == "mini");
  CHECK(estimate->iuv_estimator == "mini");
  CHECK(estimate->body.keypoints[0].x == 1);
  CHECK(estimate->body.landmarks.empty());
  CHECK(estimate->body.mask.at(39, 0)[0] == 255);
  CHECK(estimate->body.mask.at(40, 0)[0] == 0);
}

TEST_CASE(
    "A picture of which the model is unsure goes to the networks for photographs, the IUV stays",
    "[pose]") {
  const auto estimate =
      MakeSelector(kUnsure, Photographs()).Estimate(Picture(), EstimatorChoice::kAuto);
  REQUIRE(estimate);
  CHECK(estimate->body_estimator == "fake");
  CHECK(estimate->body.confidence == 0.8f);
  CHECK(estimate->body.mask.at(0, 0)[0] == 77);
  CHECK(estimate->iuv_estimator == "mini");
  CHECK(estimate->iuv_confidence == 0.5f);
  CHECK(estimate->iuv.at(39, 0)[0] == 2);
}

TEST_CASE("What nobody else sees is the model's only if it sees the same in the mirrored picture",
          "[pose]") {
  const auto estimate = MakeSelector(kUnsureTwice, Photographs(kNoPersonReason))
                            .Estimate(Picture(), EstimatorChoice::kAuto);
  REQUIRE(estimate);
  CHECK(estimate->body_estimator == "mini");
  CHECK(estimate->body.confidence == 0.75f);
  const auto invented = MakeSelector(kUnsure, Photographs(kNoPersonReason))
                            .Estimate(Picture(), EstimatorChoice::kAuto);
  REQUIRE_FALSE(invented);
  CHECK(invented.error().reason == "NO_PERSON");
  PoseEstimatorSelector blind = MakeSelector(kNobody, Photographs(kNoPersonReason));
  CHECK(blind.Estimate(Picture(), EstimatorChoice::kAuto).error().reason == "NO_PERSON");
  CHECK(blind.Estimate(Picture(), EstimatorChoice::kRendered).error().reason == "NO_PERSON");
}

TEST_CASE("A network that fails is an error, not a picture without a person", "[pose]") {
  PoseEstimatorSelector selector = MakeSelector(kUnsure, Photographs("NETWORK_RUN"));
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kAuto).error().reason == "NETWORK_RUN");
}

TEST_CASE("A photograph whose IUV no network can read has keypoints and no IUV", "[pose]") {
  const auto estimate =
      MakeSelector(kNobody, Photographs()).Estimate(Picture(), EstimatorChoice::kAuto);
  REQUIRE(estimate);
  CHECK(estimate->body_estimator == "fake");
  CHECK(estimate->iuv.empty());
}

TEST_CASE("Asked for a photograph, the model's certainty does not matter", "[pose]") {
  PoseEstimatorSelector selector = MakeSelector({}, Photographs());
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kPhotograph)->body_estimator == "fake");
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kPhotograph)->iuv_estimator == "mini");
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kRendered)->body_estimator == "mini");
}

TEST_CASE("DensePose reads the IUV of photographs, and only theirs", "[pose]") {
  PoseEstimatorSelector selector = SelectorFor("densepose", true, PhotographsAndDensePose());
  CHECK(selector.iuv_chart() == "densepose");
  const auto photograph = selector.Estimate(Picture(), EstimatorChoice::kPhotograph);
  REQUIRE(photograph);
  CHECK(photograph->iuv_estimator == "densepose");
  CHECK(photograph->iuv_confidence == 0.7f);
  CHECK(photograph->iuv.at(49, 0)[0] == 9);
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kAuto)->iuv_estimator == "densepose-model");
}

TEST_CASE("DensePose does not read for a model of another chart", "[pose]") {
  PoseEstimatorSelector selector = SelectorFor("atelier", true, PhotographsAndDensePose());
  const auto estimate = selector.Estimate(Picture(), EstimatorChoice::kPhotograph);
  REQUIRE(estimate);
  CHECK(estimate->body_estimator == "fake");
  CHECK(estimate->iuv_estimator == "atelier-model");
  CHECK(estimate->iuv.at(0, 0)[0] == 2);
  PoseEstimatorSelector bare = SelectorFor("atelier", false, PhotographsAndDensePose());
  const auto unread = bare.Estimate(Picture(), EstimatorChoice::kAuto);
  REQUIRE_FALSE(unread);
  CHECK(unread.error().code == Code::kFailedPrecondition);
  CHECK(unread.error().reason == "IUV_CHART");
  CHECK(unread.error().message.find("models/atelier-model") != std::string::npos);
}

TEST_CASE("For a model without a pose network those for photographs read everything", "[pose]") {
  PoseEstimatorSelector selector = SelectorFor("densepose", false, PhotographsAndDensePose());
  const auto estimate = selector.Estimate(Picture(), EstimatorChoice::kAuto);
  REQUIRE(estimate);
  CHECK(estimate->body_estimator == "fake");
  CHECK(estimate->iuv_estimator == "densepose");
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kPhotograph));
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kRendered).error().reason ==
        "NO_MODEL_NETWORK");
}

TEST_CASE("Where no estimator reads a model's chart, the error says what to bring", "[pose]") {
  const auto estimate =
      SelectorFor("densepose", false, Photographs()).Estimate(Picture(), EstimatorChoice::kAuto);
  REQUIRE_FALSE(estimate);
  CHECK(estimate.error().reason == "IUV_CHART");
  CHECK(estimate.error().message.find("DensePose export") != std::string::npos);
  CHECK(estimate.error().message.find("source_iuv") != std::string::npos);
  // A model's own network reads its own chart.
  PoseEstimatorSelector selector = SelectorFor("densepose", true, Photographs());
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kPhotograph)->iuv_estimator ==
        "densepose-model");
}

TEST_CASE("A mask comes from the IUV where the keypoint network has none", "[pose]") {
  class Maskless final : public KeypointEstimator {
   public:
    std::string_view name() const override { return "maskless"; }
    Result<KeypointEstimate> Estimate(const Image&) override { return KeypointEstimate{}; }
  };
  PhotographNetworks photographs{std::make_unique<Maskless>(), nullptr};
  const auto estimate =
      MakeSelector({}, std::move(photographs)).Estimate(Picture(), EstimatorChoice::kPhotograph);
  REQUIRE(estimate);
  CHECK(estimate->body.mask.at(39, 0)[0] == 255);
}

TEST_CASE("A chosen person is read by the networks that tell people apart", "[pose]") {
  PoseEstimatorSelector selector = MakeSelector({}, Photographs());
  const auto second =
      selector.Estimate(Picture(), EstimatorChoice::kAuto, PersonWanted{.index = 2, .box = {}});
  REQUIRE(second.has_value());
  CHECK(second->body_estimator == "fake");
  CHECK(second->body.keypoints[0].x == 20);
  const auto refused =
      selector.Estimate(Picture(), EstimatorChoice::kRendered, PersonWanted{.index = 0, .box = {}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "person");
  CHECK(MakeSelector({}, {})
            .Estimate(Picture(), EstimatorChoice::kAuto, PersonWanted{.index = 0, .box = {}})
            .error()
            .reason == "NO_PHOTOGRAPH_NETWORKS");
}

TEST_CASE("A box around a person is wider and higher than nothing", "[pose]") {
  pose::PoseReader reader(MakeSelector({}, Photographs()));
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_data(imaging::EncodePng(Picture()).value());
  request.mutable_person()->mutable_box()->set_right(4);
  const auto flat = reader.Read(request);
  REQUIRE_FALSE(flat.has_value());
  CHECK(flat.error().field == "person.box");
  request.mutable_person()->set_index(32);
  CHECK(reader.Read(request).error().field == "person.index");
  request.mutable_person()->set_index(1);
  CHECK(reader.Read(request)->keypoints(0).x() == 10);
}

TEST_CASE("Without networks for photographs only those who ask for them are refused", "[pose]") {
  PoseEstimatorSelector selector = MakeSelector(kUnsureTwice, {});
  CHECK(selector.Estimate(Picture(), EstimatorChoice::kAuto)->body_estimator == "mini");
  const auto refused = selector.Estimate(Picture(), EstimatorChoice::kPhotograph);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::kFailedPrecondition);
  CHECK(refused.error().reason == "NO_PHOTOGRAPH_NETWORKS");
  CHECK(refused.error().message.find("./dev setup") != std::string::npos);
}

v1::EstimatePoseRequest Request(v1::Estimator estimator) {
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_data(imaging::EncodePng(Picture()).value());
  request.set_estimator(estimator);
  return request;
}

TEST_CASE("The answer says which estimator read what, with landmarks and mask", "[pose]") {
  pose::PoseReader reader(MakeSelector({}, Photographs()));
  const auto pose = reader.Read(Request(v1::ESTIMATOR_PHOTOGRAPH));
  REQUIRE(pose);
  CHECK(pose->estimator() == "fake");
  CHECK(pose->confidence() == 0.8f);
  CHECK(pose->iuv_estimator() == "mini");
  CHECK(pose->iuv_confidence() == 0.9f);
  REQUIRE(pose->landmarks_size() == 33);
  CHECK(pose->landmarks(32).name() == "right_foot_index");
  CHECK(pose->landmarks(32).x() == 32);
  CHECK(pose->keypoints(17).x() == 2);
  CHECK(imaging::DecodeGrey(pose->person_mask_png(), "mask").value().at(5, 5)[0] == 77);
  CHECK(reader.Read(Request(v1::ESTIMATOR_UNSPECIFIED))->estimator() == "mini");
}

TEST_CASE("A picture is read by the network and in the chart of the model that was asked for",
          "[pose]") {
  const PhotographNetworks photographs = PhotographsAndDensePose();
  NamedModels<PoseEstimatorSelector> models;
  REQUIRE(models.Add("mini", SelectorFor("atelier", true, photographs)));
  REQUIRE(models.Add("published", SelectorFor("densepose", false, photographs)));
  CHECK(models.Add("mini", SelectorFor("atelier", true, {})).error().reason == "MODEL_NAME_TAKEN");
  pose::PoseReader reader(std::move(models));
  const auto read_for = [&](const std::string& model) {
    v1::EstimatePoseRequest request = Request(v1::ESTIMATOR_PHOTOGRAPH);
    request.set_model(model);
    return reader.Read(request);
  };
  const auto mini = read_for("models/mini");
  REQUIRE(mini);
  CHECK(mini->model() == "models/mini");
  CHECK(mini->iuv_estimator() == "atelier-model");
  // Each IUV says its chart, in the message and in the file.
  CHECK(mini->iuv_chart() == "atelier");
  CHECK(ReadPngText(mini->iuv_png(), "iuv_chart") == "atelier");
  const auto published = read_for("models/published");
  REQUIRE(published);
  CHECK(published->model() == "models/published");
  CHECK(published->iuv_estimator() == "densepose");
  CHECK(published->iuv_chart() == "densepose");
  CHECK(ReadPngText(published->iuv_png(), "iuv_chart") == "densepose");
  CHECK(read_for("")->model() == "models/mini");
  for (const std::string name : {"models/none", "mini", "models/"}) {
    const auto unknown = read_for(name);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == Code::kNotFound);
    CHECK(unknown.error().reason == "UNKNOWN_MODEL");
    CHECK(unknown.error().field == "model");
    CHECK(unknown.error().message.find("models/mini, models/published") != std::string::npos);
  }
}

TEST_CASE("An answer without an IUV names no chart", "[pose]") {
  pose::PoseReader reader(MakeSelector(kNobody, Photographs()));
  const auto pose = reader.Read(Request(v1::ESTIMATOR_AUTO));
  REQUIRE(pose);
  CHECK(pose->iuv_png().empty());
  CHECK(pose->iuv_chart().empty());
}

TEST_CASE("A request that names no estimator gets the one that the service is set to", "[pose]") {
  pose::PoseReader reader(MakeSelector({}, Photographs()), v1::ESTIMATOR_PHOTOGRAPH);
  CHECK(reader.Read(Request(v1::ESTIMATOR_UNSPECIFIED))->estimator() == "fake");
  CHECK(reader.Read(Request(v1::ESTIMATOR_AUTO))->estimator() == "mini");
  CHECK(reader.Read(Request(static_cast<v1::Estimator>(9))).error().field == "estimator");
}

TEST_CASE("Networks for photographs lie beside the model unless the setting says otherwise",
          "[pose]") {
  CHECK(PhotographFolder("", "/a/models/mini") == "/a/models/photographs");
  CHECK(PhotographFolder("", "/a/models/mini/") == "/a/models/photographs");
  CHECK(PhotographFolder("", "models/mini").is_absolute());
  CHECK(PhotographFolder("/b", "/a/models/mini") == "/b");
}

TEST_CASE("Missing networks stop a service only where its settings ask for them", "[pose]") {
  const testing::TempDir folder;
  const auto none = folder.path() / "none";
  const auto model = folder.path() / "models" / "mini";
  CHECK(FindPhotographs(folder.path(), model, v1::ESTIMATOR_AUTO).value() == folder.path());
  CHECK(FindPhotographs("", model, v1::ESTIMATOR_AUTO).value().empty());
  CHECK(FindPhotographs(none, model, v1::ESTIMATOR_AUTO).error().code == Code::kNotFound);
  CHECK(FindPhotographs("", model, v1::ESTIMATOR_PHOTOGRAPH).error().code == Code::kNotFound);
  std::filesystem::create_directories(folder.path() / "models" / "photographs");
  CHECK(FindPhotographs("", model, v1::ESTIMATOR_AUTO).value() ==
        folder.path() / "models" / "photographs");
}

}  // namespace
}  // namespace atelier::perception
