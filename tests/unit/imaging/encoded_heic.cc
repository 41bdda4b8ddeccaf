#include "unit/imaging/encoded_heic.h"

#include <libheif/heif.h>

#include <catch2/catch.hpp>
#include <cstring>

/// Read by the leak sanitizer where it is built in: x265 keeps some of its buffers.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libx265"; }

namespace atelier::imaging {
namespace {

heif_error Append(heif_context* /*context*/, const void* data, size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return {heif_error_Ok, heif_suberror_Unspecified, ""};
}

void RequireOk(const heif_error& error) {
  INFO(error.message);
  REQUIRE(error.code == heif_error_Ok);
}

}  // namespace

std::string EncodeHeic(const Image& image, HeicChroma chroma, const std::string& profile) {
  heif_image* pixels = nullptr;
  const bool transparent = image.channels == 4;
  RequireOk(heif_image_create(
      image.width, image.height, heif_colorspace_RGB,
      transparent ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, &pixels));
  RequireOk(heif_image_add_plane(pixels, heif_channel_interleaved, image.width, image.height, 8));
  int stride = 0;
  uint8_t* const plane = heif_image_get_plane(pixels, heif_channel_interleaved, &stride);
  const size_t row_bytes = static_cast<size_t>(image.width) * image.channels;
  for (int y = 0; y < image.height; ++y) {
    std::memcpy(plane + static_cast<size_t>(y) * stride, image.at(y, 0), row_bytes);
  }
  if (!profile.empty()) {
    RequireOk(heif_image_set_raw_color_profile(pixels, "prof", profile.data(), profile.size()));
  }
  heif_context* const context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  RequireOk(heif_context_get_encoder_for_format(context, heif_compression_HEVC, &encoder));
  RequireOk(heif_encoder_set_lossy_quality(encoder, 90));
  RequireOk(heif_encoder_set_parameter_string(encoder, "preset", "ultrafast"));
  RequireOk(heif_encoder_set_parameter_string(encoder, "chroma",
                                              chroma == HeicChroma::k420 ? "420" : "444"));
  RequireOk(heif_context_encode_image(context, pixels, encoder, nullptr, nullptr));
  heif_writer writer{1, Append};
  std::string file;
  RequireOk(heif_context_write(context, &writer, &file));
  heif_encoder_release(encoder);
  heif_image_release(pixels);
  heif_context_free(context);
  return file;
}

}  // namespace atelier::imaging
