// Bytes as a picture: through the header's gate, which the server trusts, and the decoder behind
// it, which the workers trust. Whatever comes, nothing dies; what decodes is what its header said,
// and its header says the same without its metadata.
//
// The first byte says what the rest is decoded as: a picture, an IUV picture, a grey one.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/body.h"
#include "fuzz/target.h"
#include "imaging/picture_codec.h"
#include "picture/picture_header.h"
#include "picture/picture_metadata.h"

namespace atelier::fuzz {
namespace {

// Larger ones are legal too, and take the decoder a second.
constexpr int64_t kMostPixels = 1 << 20;

void CheckImage(const PictureHeader& header, const Image& image, int channels) {
  Require(image.height == header.height && image.width == header.width,
          "a picture has the size that its header says");
  Require(image.channels == channels, "a picture has its channels");
  Require(image.data.size() ==
              static_cast<size_t>(image.height) * image.width * static_cast<size_t>(channels),
          "a picture has all its pixels");
}

/// The picture without its metadata, of which the server stores nothing else.
std::string Cleaned(std::string_view bytes, const PictureHeader& header) {
  std::string cleaned = RemovePictureMetadata(bytes);
  const auto again = ReadPictureHeader(cleaned, "picture");
  Require(again && CheckPictureWhole(cleaned, "picture"), "without metadata it is still a picture");
  Require(again->height == header.height && again->width == header.width &&
              again->orientation == header.orientation,
          "metadata does not change what the header says");
  Require(RemovePictureMetadata(cleaned) == cleaned, "metadata is removed at once");
  return cleaned;
}

Result<Image> DecodeAs(int kind, std::string_view bytes) {
  return kind == 0   ? imaging::DecodePicture(bytes, "picture")
         : kind == 1 ? imaging::DecodeIuv(bytes, "picture")
                     : imaging::DecodeGrey(bytes, "picture");
}

void Decode(int kind, std::string_view bytes) {
  const auto header = ReadPictureHeader(bytes, "picture");
  if (header && int64_t{header->height} * header->width > kMostPixels) return;
  std::string cleaned;
  if (header && CheckPictureWhole(bytes, "picture")) cleaned = Cleaned(bytes, *header);
  const auto image = DecodeAs(kind, bytes);
  if (!image) {
    Require(image.error().code == Code::kInvalidArgument, "a bad picture is a bad argument");
    Require(image.error().field == "picture", "the error names the picture");
    return;
  }
  Require(header.has_value(), "what the gate refuses is not decoded");
  CheckImage(*header, *image, kind == 2 ? 1 : 3);
  // Broken pixels may decode to others, since decoders go on reading behind the picture's end.
  if (!cleaned.empty()) (void)DecodeAs(kind, cleaned);
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
