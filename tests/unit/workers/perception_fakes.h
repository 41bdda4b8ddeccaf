// Fake pose and face networks, the models that have them, and requests to the services over them.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "imaging/picture_codec.h"
#include "perception/face/face_reader.h"
#include "pose/pose_service.h"
#include "region/region_service.h"
#include "support/temp_dir.h"

namespace atelier {

inline constexpr int kTile = 16;

/// Sees a person of `person` rows whose part is the right head.
class FakeEstimator : public engine::PoseEstimator {
 public:
  explicit FakeEstimator(int person, float confidence = 0.9f)
      : person_(person), confidence_(confidence) {}
  Result<engine::PoseEstimate> Estimate(const Image& picture) override {
    engine::PoseEstimate estimate;
    estimate.keypoints.fill({8, 8, 1});
    estimate.iuv = Image(picture.height, picture.width, 3);
    for (int y = 0; y < person_; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        estimate.iuv.at(y, x)[0] = 23;
        estimate.iuv.at(y, x)[1] = static_cast<uint8_t>(x);
        estimate.iuv.at(y, x)[2] = static_cast<uint8_t>(y);
      }
    }
    estimate.confidence = confidence_;
    return estimate;
  }

 private:
  int person_;
  float confidence_;
};

/// `numbers` numbers, each the middle of what it was shown.
class FakeEmbedder : public engine::FaceEmbedder {
 public:
  explicit FakeEmbedder(int numbers) : numbers_(numbers) {}
  Result<std::vector<float>> Embed(const Image& crop) override {
    return std::vector<float>(numbers_,
                              static_cast<float>(crop.at(crop.height / 2, crop.width / 2)[0]));
  }

 private:
  const size_t numbers_;
};

/// Part 23 everywhere, at the middle of its tile.
inline perception::TextureMaker SmplMaker() {
  const testing::TempDir dir;
  engine::ModelInfo info;
  info.texture_layout = "smpl";
  info.smpl_layout = dir.path() / "smpl.png";
  Image smpl(512, 512, 3, 100);
  for (size_t i = 0; i < smpl.data.size(); i += 3) smpl.data[i] = 23;
  std::ofstream(info.smpl_layout, std::ios::binary) << imaging::EncodePng(smpl).value();
  return perception::TextureMaker::For(info).value();
}

/// A model of each texture layout; they share nothing: "mini" with a face network of one number,
/// "published" with one of two, and "faceless" with none.
inline NamedModels<region::RegionModel> RegionModels() {
  NamedModels<region::RegionModel> models;
  REQUIRE(models.Add(
      "mini",
      {"mini", "atlas", "atelier", kTile, {std::make_unique<FakeEmbedder>(1), "mini", false}}));
  REQUIRE(models.Add("published", {"published",
                                   "smpl",
                                   "densepose",
                                   SmplMaker(),
                                   {std::make_unique<FakeEmbedder>(2), "other", false}}));
  REQUIRE(models.Add("faceless", {"faceless", "atlas", "atelier", kTile, {}}));
  return models;
}

/// The same three for PoseService; "published" sees 20 rows of a person, the others 30.
inline NamedModels<perception::PoseEstimatorSelector> PoseModels() {
  NamedModels<perception::PoseEstimatorSelector> models;
  for (const std::string name : {"mini", "faceless"}) {
    REQUIRE(models.Add(name, {std::make_unique<FakeEstimator>(30), name, {}}));
  }
  REQUIRE(
      models.Add("published", {std::make_unique<FakeEstimator>(20), "published", {}, "densepose"}));
  return models;
}

inline std::string Png(int height, int width, uint8_t value) {
  return imaging::EncodePng(Image(height, width, 3, value)).value();
}

inline v1::EstimatePoseRequest PoseRequest(const std::string& png) {
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_data(png);
  return request;
}

inline v1::ExtractRegionsRequest RegionRequest(const Image& iuv, uint8_t colour) {
  v1::ExtractRegionsRequest request;
  request.mutable_picture()->set_data(Png(iuv.height, iuv.width, colour));
  request.set_iuv_png(imaging::EncodePng(iuv).value());
  return request;
}

}  // namespace atelier
