// Bytes as a picture: through the header's gate, which the server trusts, and the decoder behind
// it, which the workers trust. Whatever comes, nothing dies; what decodes is what its header said.
//
// The first byte says what the rest is decoded as: a picture, an IUV picture, a grey one.
#include <algorithm>
#include <string_view>

#include "base/body.h"
#include "fuzz/target.h"
#include "imaging/picture_codec.h"
#include "picture/picture_header.h"

namespace atelier::fuzz {
namespace {

// Larger ones are legal too, and take the decoder a second.
constexpr int64_t kMostPixels = 1 << 20;

void CheckImage(const PictureHeader& header, const Image& image, int channels) {
  const bool upright = image.height == header.height && image.width == header.width;
  // A JPEG may say that it lies on its side.
  const bool turned = image.height == header.width && image.width == header.height &&
                      header.format == PictureFormat::kJpeg;
  Require(upright || turned, "a picture has the size that its header says");
  Require(image.channels == channels, "a picture has its channels");
  Require(image.data.size() ==
              static_cast<size_t>(image.height) * image.width * static_cast<size_t>(channels),
          "a picture has all its pixels");
}

void Decode(int kind, std::string_view bytes) {
  const auto header = ReadPictureHeader(bytes, "picture");
  if (header && int64_t{header->height} * header->width > kMostPixels) return;
  const auto image = kind == 0   ? imaging::DecodePicture(bytes, "picture")
                     : kind == 1 ? imaging::DecodeIuv(bytes, "picture")
                                 : imaging::DecodeGrey(bytes, "picture");
  if (!image) {
    Require(image.error().code == Code::kInvalidArgument, "a bad picture is a bad argument");
    Require(image.error().field == "picture", "the error names the picture");
    return;
  }
  Require(header.has_value(), "what the gate refuses is not decoded");
  CheckImage(*header, *image, kind == 2 ? 1 : 3);
  if (kind != 1) return;
  for (size_t i = 0; i < image->data.size(); i += 3) {
    Require(image->data[i] <= kBodyPartCount, "an IUV picture has parts that a body has");
  }
}

}  // namespace
}  // namespace atelier::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  atelier::fuzz::Decode(data[0] % 3, {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
