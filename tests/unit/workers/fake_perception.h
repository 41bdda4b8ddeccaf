// The services that preparing a job asks, played by the test: Perception and AssetSource.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "digest/sha256.h"
#include "generation/conditions/asset_source.h"
#include "generation/conditions/perception_client.h"

namespace atelier::generation {

/// Finds a person everywhere; the face embedding is the picture's first byte. The texture is of the
/// asking model's layout, unless `layout` says otherwise, and its colour counts the calls.
class FakePerception : public Perception {
 public:
  std::optional<Error> pose_error, regions_error;
  bool face = true;
  /// Whether there is a face network.
  bool embeds = true;
  std::string layout;
  std::vector<Warning> pose_warnings;
  /// The calls, in order.
  std::vector<Image> posed;
  std::vector<PoseParts> pose_parts;
  std::vector<Image> iuvs;
  /// The models that the poses were asked for.
  std::vector<std::string> models;
  /// How they were to be read.
  std::vector<PoseReading> readings;
  /// The body of a picture's person; empty: none is fitted.
  struct FittedPerson {
    people::FittedBody body;
    Image mask;
    bool is_photograph = true;
  };
  std::function<FittedPerson(const Image& picture)> fit;
  /// What the services say that they answer with.
  std::string networks;
  std::optional<Error> away;
  Status Refresh(std::stop_token) override { return away ? Status(Propagate(*away)) : Status(); }
  std::string Networks() const override { return networks; }

  int regions_with_body = 0;
  int regions_calls = 0, face_calls = 0, texture_calls = 0;

  Result<PoseEstimate> EstimatePose(const Image& picture, const PoseReading& reading,
                                    const PoseParts& parts, const engine::ModelInfo& model,
                                    std::stop_token) override {
    posed.push_back(picture);
    readings.push_back(reading);
    pose_parts.push_back(parts);
    models.push_back(model.name);
    if (pose_error) return Propagate(*pose_error);
    PoseEstimate estimate;
    if (parts.iuv) estimate.iuv = Image(picture.height, picture.width, 3, 2);
    if (parts.keypoint_picture) {
      estimate.keypoint_picture = Image(picture.height, picture.width, 3, 9);
    }
    estimate.warnings = pose_warnings;
    if (fit) {
      const FittedPerson fitted = fit(picture);
      estimate.body = fitted.body;
      estimate.mask = fitted.mask;
      estimate.is_photograph = fitted.is_photograph;
    }
    return estimate;
  }
  Result<Regions> ExtractRegions(const RegionSubject& subject, const RegionParts& parts,
                                 const engine::ModelInfo& model, std::stop_token) override {
    const Image& picture = subject.picture;
    const Image& iuv = subject.iuv;
    ++regions_calls;
    regions_with_body += subject.body != nullptr && !subject.mask.empty();
    iuvs.push_back(iuv);
    if (regions_error) return Propagate(*regions_error);
    Regions regions;
    if (parts.face) {
      ++face_calls;
      regions.face_found = face;
      if (face && embeds) regions.face_embedding = {static_cast<float>(picture.data[0])};
    }
    if (iuv.empty() || !parts.texture_map) return regions;
    ++texture_calls;
    REQUIRE(iuv.height == picture.height);
    REQUIRE(iuv.width == picture.width);
    const bool is_atlas = (layout.empty() ? model.texture_layout : layout) == "atlas";
    const int height = is_atlas ? 64 : 512, width = is_atlas ? 96 : 512;
    regions.texture = Image(height, width, 3, static_cast<uint8_t>(regions_calls));
    regions.texture_validity = Image(height, width, 1, 255);
    regions.texture_layout = is_atlas ? "atlas" : "smpl";
    return regions;
  }
};

class FakeAssets : public AssetSource {
 public:
  std::map<std::string, std::string> files;
  int fetches = 0;
  /// Tokens that pictures were fetched under.
  std::set<std::string> leases;
  std::string Put(const std::string& bytes) {
    const std::string name = "assets/" + Sha256Hex(bytes);
    files[name] = bytes;
    return name;
  }
  Result<std::string> Fetch(const std::string& asset, const LeaseOfJob& lease,
                            std::stop_token) override {
    ++fetches;
    leases.insert(lease.token);
    if (!files.contains(asset)) return MakeError(Code::kNotFound, "ASSET_NOT_FOUND", "none");
    return files[asset];
  }
};

}  // namespace atelier::generation
