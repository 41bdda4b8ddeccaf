#include <ATen/ATen.h>

#include <cstring>

#include "engine/images/resize.h"
#include "engine/images/tensor.h"
#include "engine/weights/safetensors.h"
#include "support/catch_torch.h"

namespace atelier::engine {
namespace {

TensorMap Read(const std::string& path) {
  const auto file = SafetensorsFile::Open(std::string(ATELIER_SOURCE_DIR) + "/tests/" + path);
  REQUIRE(file.has_value());
  return file->All();
}

/// uint8 [H, W, C].
Image FromBytes(const at::Tensor& bytes) {
  Image image(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)),
              static_cast<int>(bytes.size(2)));
  std::memcpy(image.data.data(), bytes.contiguous().const_data_ptr(), image.data.size());
  return image;
}

TEST_CASE("Resizing equals Pillow's bit for bit, larger and smaller", "[images]") {
  const TensorMap data = Read("unit/engine/data/pillow_resize.safetensors");
  const Image picture = FromBytes(data.at("picture"));
  int compared = 0;
  for (const auto& [name, tensor] : data) {
    if (name == "picture") continue;
    const ResizeFilter filter = name.starts_with("box")        ? ResizeFilter::kBox
                                : name.starts_with("bilinear") ? ResizeFilter::kBilinear
                                                               : ResizeFilter::kBicubic;
    const Image expected = FromBytes(tensor);
    INFO(name);
    CHECK(Resize(picture, expected.height, expected.width, filter) == expected);
    ++compared;
  }
  CHECK(compared == 15);
}

TEST_CASE("CLIP's pixel values equal the published preprocessing's", "[images]") {
  const TensorMap inputs = Read("parity/data/inputs.safetensors");
  const TensorMap golden = Read("parity/data/conditions.safetensors");
  for (const std::string name : {"source", "texture"}) {
    const at::Tensor values = ClipPixelValues(FromBytes(inputs.at(name + "_u8")[0]));
    INFO(name);
    CHECK((values - golden.at("clip." + name + ".pixel_values")).abs().max().item<double>() < 1e-6);
  }
}

TEST_CASE("A tall picture is cut in the middle for CLIP, not squashed", "[images]") {
  Image picture(60, 20, 3);
  for (int y = 20; y < 40; ++y) std::memset(picture.at(y, 0), 255, 60);
  const at::Tensor values = ClipPixelValues(picture, 20);
  REQUIRE(values.sizes() == at::IntArrayRef({1, 3, 20, 20}));
  CHECK(values.min().item<float>() > 1.0f);
}

TEST_CASE("A picture survives the way to a tensor and back", "[images]") {
  Image picture(7, 5, 3);
  for (size_t i = 0; i < picture.data.size(); ++i) picture.data[i] = static_cast<uint8_t>(i * 37);
  const at::Tensor tensor = ToTensor(picture);
  CHECK(tensor.sizes() == at::IntArrayRef({1, 3, 7, 5}));
  CHECK(tensor.max().item<float>() <= 1.0f);
  CHECK(ToImage(tensor) == picture);
  CHECK(ToImage(at::full({1, 1, 1, 1}, 0.999), ByteRounding::kTruncate).data[0] == 254);
  CHECK(ToImage(at::full({1, 1, 1, 1}, 0.999)).data[0] == 255);
  CHECK(ToImage(at::full({1, 1, 1, 1}, -3.0)).data[0] == 0);
}

TEST_CASE("Nearest resizing of a pose never makes a part that was not there", "[images]") {
  Image iuv(8, 8, 3);
  for (int y = 0; y < 8; ++y) {
    for (int x = 4; x < 8; ++x) iuv.at(y, x)[0] = 24;
  }
  const Image small = ResizeNearest(iuv, 3, 5);
  for (int x = 0; x < 5; ++x) {
    const int part = small.at(1, x)[0];
    CHECK((part == 0 || part == 24));
  }
  CHECK(small.at(0, 1)[0] == 0);
  CHECK(small.at(0, 3)[0] == 24);
  CHECK(ResizeNearest(iuv, 16, 16).at(15, 8)[0] == 24);
}

}  // namespace
}  // namespace atelier::engine
