// Networks whose weights are damaged.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "engine/painter.h"
#include "support/tiny_model.h"

namespace atelier::engine {
namespace {

namespace fs = std::filesystem;

/// Replaces every weight of a component by NaN.
void Damage(const fs::path& model_folder, const std::string& weights) {
  const fs::path path = model_folder / "weights" / (weights + ".safetensors");
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof(header));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (size_t at = sizeof(header) + header; at + sizeof(nan) <= bytes.size(); at += sizeof(nan)) {
    std::memcpy(&bytes[at], &nan, sizeof(nan));
  }
  file.close();
  fs::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}

PaintRequest MakeRequest() {
  PaintRequest request;
  request.source = Image(90, 70, 3, 50);
  request.texture_map = Image(128, 128, 3, 100);
  request.iuv = Image(100, 80, 3, 2);
  request.face_embedding.assign(512, 0.04f);
  return request;
}

TEST_CASE("A network that gives no numbers is an error that names it, and no black picture",
          "[painter]") {
  struct Case {
    const char* weights;
    const char* component;
  };
  const auto damaged =
      GENERATE(Case{"vae", "vae"}, Case{"denoising_unet", "denoising_unet"},
               Case{"reference_unet", "reference_unet"}, Case{"image_encoder", "image_encoder"},
               Case{"image_proj_model", "face_resampler"}, Case{"pose_guider", "pose_guider"});
  INFO(damaged.component);
  const testing::TinyModelFolder folder;
  Damage(folder.path(), damaged.weights);
  const auto painter = Painter::Load(folder.path(), PainterOptions{.threads = 1});
  INFO((painter ? "" : painter.error().message));
  REQUIRE(painter);
  const PaintRequest request = MakeRequest();
  const auto pictures = (*painter)->Paint({&request, 1}, {.steps = 1}, nullptr);
  REQUIRE_FALSE(pictures);
  CHECK(pictures.error().code == Code::kInternal);
  CHECK(pictures.error().reason == "NOT_FINITE");
  CHECK(pictures.error().message.starts_with(damaged.component));
}

}  // namespace
}  // namespace atelier::engine
