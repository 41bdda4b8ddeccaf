#include "engine/perception.h"

#include <ATen/ATen.h>
#include <torch/nn.h>

#include <nlohmann/json.hpp>

#include "engine/models/face_network.h"
#include "engine/models/pose_network.h"
#include "engine/weights/load.h"
#include "support/catch_torch.h"
#include "support/temp_dir.h"
#include "support/write_file.h"

namespace atelier::engine {
namespace {

using testing::TempDir;
using testing::WriteFile;

nlohmann::json ModelJson() {
  return nlohmann::json::parse(R"({
    "name": "perceiver", "pipeline": "mcld", "height": 64, "width": 48,
    "components": {
      "pose_network": {"weights": "pose.safetensors",
                       "config": {"height": 64, "width": 48, "channels": [8, 8, 16],
                                  "norm_num_groups": 4}},
      "face_network": {"weights": "face.safetensors",
                       "config": {"size": 16, "channels": [8, 8], "norm_num_groups": 4,
                                  "embedding_size": 32}}
    }
  })");
}

/// A model folder whose pose network says part 3, U = V = 0.5 and faint keypoints everywhere.
void WriteModel(const TempDir& folder) {
  at::manual_seed(5);
  const nlohmann::json json = ModelJson();
  const nlohmann::json& components = json.at("components");
  PoseNetwork pose(ParsePoseNetworkConfig(components.at("pose_network").at("config")).value());
  FaceNetwork face(ParseFaceNetworkConfig(components.at("face_network").at("config")).value());
  TensorMap weights;
  for (const auto& [name, tensor] : StateDict(*pose)) weights[name] = tensor.clone();
  weights.at("conv_parts.weight").zero_();
  weights.at("conv_parts.bias").zero_();
  weights.at("conv_parts.bias")[3] = 5.0;
  weights.at("conv_heat.weight").zero_();
  weights.at("conv_heat.bias").fill_(-1.0);
  REQUIRE(WriteSafetensors(folder.path() / "pose.safetensors", weights).has_value());
  REQUIRE(WriteSafetensors(folder.path() / "face.safetensors", StateDict(*face)).has_value());
  WriteFile(folder.path() / "model.json", json.dump());
}

TEST_CASE("A pose is given at the picture's own size, whatever its shape", "[perception]") {
  const TempDir folder;
  WriteModel(folder);
  auto estimator = PoseEstimator::Load(folder.path());
  REQUIRE(estimator.has_value());
  for (const auto& [height, width] : {std::pair{64, 48}, {200, 30}, {31, 333}, {1, 1}}) {
    INFO(height << "x" << width);
    const auto estimate = (*estimator)->Estimate(Image(height, width, 3, 90));
    REQUIRE(estimate.has_value());
    REQUIRE(estimate->iuv.height == height);
    REQUIRE(estimate->iuv.width == width);
    const uint8_t* pixel = estimate->iuv.at(height / 2, width / 2);
    CHECK(int{pixel[0]} == 3);
    CHECK(int{pixel[1]} == 128);
    CHECK(int{pixel[2]} == 128);
    // exp(5) against 24 parts of exp(0).
    CHECK(estimate->confidence == Approx(std::exp(5.0) / (std::exp(5.0) + 24)).epsilon(1e-4));
    for (const Keypoint& point : estimate->keypoints) {
      CHECK(point.x >= 0);
      CHECK(point.x <= static_cast<float>(width));
      CHECK((point.confidence == 0.0f ||
             point.confidence == Approx(1 / (1 + std::exp(1.0))).epsilon(1e-4)));
    }
  }
}

TEST_CASE("A keypoint's heat map peak comes back in the pixels of a letterboxed picture",
          "[perception]") {
  const TempDir folder;
  WriteModel(folder);
  // Heat only on the border cells' zero padding differs; a flat map peaks at its first cell, whose
  // 3x3 neighbourhood averages to cell 1.5 = network pixel 6.
  auto estimator = PoseEstimator::Load(folder.path());
  REQUIRE(estimator.has_value());
  const auto same = (*estimator)->Estimate(Image(64, 48, 3, 90));
  REQUIRE(same.has_value());
  CHECK(same->keypoints[0].x == Approx(6.0));
  CHECK(same->keypoints[0].y == Approx(6.0));
  const auto doubled = (*estimator)->Estimate(Image(128, 96, 3, 90));
  REQUIRE(doubled.has_value());
  CHECK(doubled->keypoints[0].x == Approx(12.0));
  // A wide picture lies in the middle of the canvas: the peak falls outside of it.
  const auto wide = (*estimator)->Estimate(Image(24, 48, 3, 90));
  REQUIRE(wide.has_value());
  CHECK(wide->keypoints[0].confidence == 0.0f);
}

TEST_CASE("A face embedding has length one whatever the crop's size", "[perception]") {
  const TempDir folder;
  WriteModel(folder);
  auto embedder = FaceEmbedder::Load(folder.path());
  REQUIRE(embedder.has_value());
  for (const int size : {16, 3, 200}) {
    Image crop(size, size, 3);
    for (size_t i = 0; i < crop.data.size(); ++i) crop.data[i] = static_cast<uint8_t>(i * 31);
    const auto embedding = (*embedder)->Embed(crop);
    REQUIRE(embedding.has_value());
    REQUIRE(embedding->size() == 32);
    double square = 0;
    for (const float value : *embedding) square += value * value;
    CHECK(square == Approx(1.0).epsilon(1e-4));
  }
  CHECK((*embedder)->Embed(Image(4, 4, 1)).error().field == "crop");
}

TEST_CASE("Loading says which component or file is missing", "[perception]") {
  const TempDir folder;
  WriteModel(folder);
  nlohmann::json json = ModelJson();
  json["components"].erase("face_network");
  json["components"]["pose_network"]["weights"] = "nowhere.safetensors";
  WriteFile(folder.path() / "model.json", json.dump());
  CHECK(FaceEmbedder::Load(folder.path()).error().field == "components.face_network");
  const auto pose = PoseEstimator::Load(folder.path());
  REQUIRE_FALSE(pose.has_value());
  CHECK(pose.error().code == Code::kNotFound);
  CHECK_THAT(pose.error().message, Catch::Contains("nowhere.safetensors"));
}

}  // namespace
}  // namespace atelier::engine
