#include "imaging/heif_decoder.h"

#include <libheif/heif.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <opencv2/imgproc.hpp>

#include "imaging/mat_image.h"
#include "picture/picture_header.h"
#include "picture/picture_metadata.h"

namespace atelier::imaging {
namespace {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Context = std::unique_ptr<heif_context, Freed<heif_context_free>>;
using Handle = std::unique_ptr<heif_image_handle, Freed<heif_image_handle_release>>;
using Pixels = std::unique_ptr<heif_image, Freed<heif_image_release>>;
using Options = std::unique_ptr<heif_decoding_options, Freed<heif_decoding_options_free>>;
using Profile = std::unique_ptr<heif_color_profile_nclx, Freed<heif_nclx_color_profile_free>>;

tl::unexpected<std::string> Failed(const heif_error& error) {
  return tl::unexpected(std::string(error.message));
}

tl::expected<Pixels, std::string> Decode(const heif_image_handle* handle, heif_colorspace colours,
                                         heif_chroma chroma) {
  const Options options(heif_decoding_options_alloc());
  options->convert_hdr_to_8bit = 1;
  options->strict_decoding = 1;
  heif_image* decoded = nullptr;
  const heif_error error = heif_decode_image(handle, &decoded, colours, chroma, options.get());
  Pixels pixels(decoded);
  if (error.code != heif_error_Ok) return Failed(error);
  return pixels;
}

/// A view of one plane, of 8-bit numbers in pixels of `channels`; empty when there is none.
cv::Mat PlaneOf(heif_image* pixels, heif_channel channel, int channels) {
  int stride = 0;
  uint8_t* const data = heif_image_get_plane(pixels, channel, &stride);
  if (data == nullptr) return {};
  return {heif_image_get_height(pixels, channel), heif_image_get_width(pixels, channel),
          CV_8UC(channels), data, static_cast<size_t>(stride)};
}

tl::expected<Image, std::string> DecodeRgb(const heif_image_handle* handle, int factor) {
  const bool transparent = heif_image_handle_has_alpha_channel(handle) != 0;
  const auto pixels =
      Decode(handle, heif_colorspace_RGB,
             transparent ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB);
  if (!pixels) return tl::unexpected(pixels.error());
  const cv::Mat whole = PlaneOf(pixels->get(), heif_channel_interleaved, transparent ? 4 : 3);
  if (whole.empty()) return tl::unexpected(std::string("no pixels"));
  const cv::Mat mat = ReduceBy(whole, factor);
  if (transparent) return FlattenOnWhite(mat, /*blue_first=*/false);
  Image image(mat.rows, mat.cols, 3);
  mat.copyTo(ViewOf(image));
  return image;
}

/// How brightness and colour differences become red, green and blue (ITU-T H.273).
struct ColourMatrix {
  double red_share = 0.299;
  double blue_share = 0.114;
  bool full_range = true;
};

/// libheif's defaults where the file says nothing.
ColourMatrix MatrixOf(const heif_image_handle* handle, const heif_image* pixels) {
  heif_color_profile_nclx* stated = nullptr;
  if (heif_image_handle_get_nclx_color_profile(handle, &stated).code != heif_error_Ok) {
    stated = nullptr;
    if (heif_image_get_nclx_color_profile(pixels, &stated).code != heif_error_Ok) stated = nullptr;
  }
  const Profile profile(stated);
  ColourMatrix matrix;
  if (!profile) return matrix;
  matrix.full_range = profile->full_range_flag != 0;
  if (profile->matrix_coefficients == heif_matrix_coefficients_ITU_R_BT_709_5) {
    matrix.red_share = 0.2126;
    matrix.blue_share = 0.0722;
  } else if (profile->matrix_coefficients ==
             heif_matrix_coefficients_ITU_R_BT_2020_2_non_constant_luminance) {
    matrix.red_share = 0.2627;
    matrix.blue_share = 0.0593;
  }
  return matrix;
}

/// Three planes of one size -> RGB.
Image ToRgb(const cv::Mat& brightness, const cv::Mat& blue, const cv::Mat& red,
            const ColourMatrix& matrix) {
  const double green_share = 1 - matrix.red_share - matrix.blue_share;
  const double black = matrix.full_range ? 0 : 16;
  const double scale = matrix.full_range ? 1 : 255.0 / 219;
  const double colour_scale = matrix.full_range ? 1 : 255.0 / 224;
  const double from_red = 2 * (1 - matrix.red_share) * colour_scale;
  const double from_blue = 2 * (1 - matrix.blue_share) * colour_scale;
  const auto clip = [](double value) {
    return static_cast<uint8_t>(std::clamp(std::lround(value), 0L, 255L));
  };
  Image image(brightness.rows, brightness.cols, 3);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const double luma = (brightness.at<uint8_t>(y, x) - black) * scale;
      const double r = from_red * (red.at<uint8_t>(y, x) - 128);
      const double b = from_blue * (blue.at<uint8_t>(y, x) - 128);
      uint8_t* const out = image.at(y, x);
      out[0] = clip(luma + r);
      out[1] = clip(luma - (matrix.red_share * r + matrix.blue_share * b) / green_share);
      out[2] = clip(luma + b);
    }
  }
  return image;
}

/// The same as DecodeRgb(), without ever holding the whole picture in RGB: its planes are reduced
/// as they are coded, which takes half of the memory.
tl::expected<Image, std::string> DecodeReduced(const heif_image_handle* handle, int factor) {
  const auto pixels = Decode(handle, heif_colorspace_YCbCr, heif_chroma_undefined);
  if (!pixels) return tl::unexpected(pixels.error());
  const cv::Mat whole = PlaneOf(pixels->get(), heif_channel_Y, 1);
  if (whole.empty()) return tl::unexpected(std::string("no pixels"));
  const cv::Mat brightness = ReduceBy(whole, factor);
  const auto differences = [&](heif_channel channel) {
    const cv::Mat plane = PlaneOf(pixels->get(), channel, 1);
    if (plane.empty()) return cv::Mat(brightness.size(), CV_8UC1, cv::Scalar(128));
    cv::Mat small;
    cv::resize(plane, small, brightness.size(), 0, 0, cv::INTER_AREA);
    return small;
  };
  return ToRgb(brightness, differences(heif_channel_Cb), differences(heif_channel_Cr),
               MatrixOf(handle, pixels->get()));
}

/// Whether the coded planes are brightness and colour differences of 8 bits, without transparency.
bool HasPlainPlanes(const heif_image_handle* handle) {
  const bool plain = heif_image_handle_get_luma_bits_per_pixel(handle) == 8 &&
                     heif_image_handle_has_alpha_channel(handle) == 0;
  heif_color_profile_nclx* stated = nullptr;
  if (heif_image_handle_get_nclx_color_profile(handle, &stated).code != heif_error_Ok) return plain;
  const Profile profile(stated);
  return plain && profile->matrix_coefficients != heif_matrix_coefficients_RGB_GBR;
}

}  // namespace

tl::expected<Image, std::string> DecodeHeif(std::string_view bytes, int factor) {
  // libheif refuses some of the pictures that telephones put beside the primary one.
  const std::string clean = RemovePictureMetadata(bytes);
  const Context context(heif_context_alloc());
  heif_context_set_maximum_image_size_limit(context.get(), 2 * kMaxPictureSide);
  heif_error error = heif_context_read_from_memory_without_copy(context.get(), clean.data(),
                                                                clean.size(), nullptr);
  if (error.code != heif_error_Ok) return Failed(error);
  heif_image_handle* primary = nullptr;
  error = heif_context_get_primary_image_handle(context.get(), &primary);
  if (error.code != heif_error_Ok) return Failed(error);
  const Handle handle(primary);
  const bool by_planes = factor > 1 && HasPlainPlanes(primary);
  return by_planes ? DecodeReduced(primary, factor) : DecodeRgb(primary, factor);
}

}  // namespace atelier::imaging
