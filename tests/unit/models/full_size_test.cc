// The published MCLD at its full size: 8.8 GB of weight files that take no room, for their numbers
// are holes.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/image.h"
#include "imaging/picture_codec.h"
#include "models/model_check.h"
#include "support/published_tiny_model.h"
#include "support/sparse_weights.h"
#include "support/temp_dir.h"

namespace atelier::models {
namespace {

namespace fs = std::filesystem;
using testing::Shapes;

/// What the program may take: LibTorch alone is about 160 MB.
constexpr long kMostKilobytes = 400'000;

const fs::path kLayout = fs::path(ATELIER_SOURCE_DIR) / "models/mcld";

class FullSizeModel {
 public:
  FullSizeModel() {
    std::ifstream in(ATELIER_SOURCE_DIR "/tests/parity/data/full_shapes.json");
    const auto files = nlohmann::json::parse(in).at("files");
    for (const char* folder :
         {"checkpoints", "pretrained_weights/sd-vae-ft-mse", "pretrained_weights/image_encoder"}) {
      fs::create_directories(dir_.path() / folder);
    }
    for (const char* name :
         {testing::kDenoisingFile, testing::kReferenceFile, testing::kPoseGuiderFile,
          testing::kResamplerFile, testing::kImageEncoderFile}) {
      testing::WriteSparseTorchFile(path() / name, ShapesOf(files.at(name).at("tensors")));
    }
    const auto& vae =
        files.at("pretrained_weights/sd-vae-ft-mse/diffusion_pytorch_model.{bin,safetensors}");
    testing::WriteSparseSafetensors(path() / testing::kVaeFile, ShapesOf(vae.at("tensors")));
    std::ofstream(path() / "smpl_layout.png") << *imaging::EncodePng(Image(512, 512, 3));
    std::ofstream(path() / "texture_bg_200.png") << *imaging::EncodePng(Image(1200, 800, 1));
  }

  static Shapes ShapesOf(const nlohmann::json& tensors) {
    Shapes shapes;
    for (const auto& [key, entry] : tensors.items()) {
      shapes[key] = entry.at(0).get<std::vector<int64_t>>();
    }
    return shapes;
  }

  const fs::path& path() const { return dir_.path(); }
  ModelReport Check() const {
    auto report = CheckModel({.folder = path(), .layouts = {kLayout}});
    REQUIRE(report.has_value());
    return *report;
  }

 private:
  const testing::TempDir dir_;
};

}  // namespace

TEST_CASE("A full-size published folder is whole, and is checked without its memory", "[models]") {
  const FullSizeModel model;
  const ModelReport report = model.Check();
  INFO(ToText(report));
  CHECK(report.problems() == 0);
  uint64_t bytes = 0;
  for (const ComponentReport& component : report.components) bytes += component.bytes;
  CHECK(bytes > 8'800'000'000u);

  const std::string command = std::string(ATELIER_BINARY_DIR) + "/atelier-model-check " +
                              model.path().string() + " --layout " + kLayout.string() +
                              " >/dev/null";
  CHECK(std::system(command.c_str()) == 0);
  rusage children = {};
  REQUIRE(::getrusage(RUSAGE_CHILDREN, &children) == 0);
  std::printf("  atelier-model-check of %.1f GB: %ld MB, %.2f s of processor time\n",
              static_cast<double>(bytes) / 1e9, children.ru_maxrss / 1000,
              static_cast<double>(children.ru_utime.tv_sec + children.ru_stime.tv_sec) +
                  static_cast<double>(children.ru_utime.tv_usec + children.ru_stime.tv_usec) / 1e6);
  CHECK(children.ru_maxrss < kMostKilobytes);
}

TEST_CASE("Stable Diffusion's own UNet in place of the trained one lacks the face's keys alone",
          "[models]") {
  const FullSizeModel model;
  std::ifstream in(ATELIER_SOURCE_DIR "/tests/parity/data/full_shapes.json");
  const auto files = nlohmann::json::parse(in).at("files");
  const auto& base =
      files.at("pretrained_weights/stable-diffusion-v1-5/unet/diffusion_pytorch_model.bin");
  testing::WriteSparseTorchFile(model.path() / testing::kDenoisingFile,
                                FullSizeModel::ShapesOf(base.at("tensors")));
  const ModelReport report = model.Check();
  CHECK(report.problems() == 32);
  for (const Finding& finding : report.findings) {
    if (finding.severity == Severity::kNote) continue;
    INFO(finding.text);
    CHECK(finding.reason == "KEY_MISSING");
    CHECK(finding.key.find("_ip.weight") != std::string::npos);
  }
}

}  // namespace atelier::models
