#include "imaging/heif_decoder.h"

#include <libheif/heif.h>

#include <cstdint>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <utility>

#include "imaging/mat_image.h"
#include "imaging/view_of.h"
#include "picture/colour/picture_colours.h"
#include "picture/files/heif_grid.h"
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

tl::unexpected<std::string> Failed(const heif_error& error) {
  return tl::unexpected(std::string(error.message));
}

tl::expected<Pixels, std::string> Decode(const heif_image_handle* handle, heif_chroma chroma) {
  const Options options(heif_decoding_options_alloc());
  options->convert_hdr_to_8bit = 1;
  options->strict_decoding = 1;
  heif_image* decoded = nullptr;
  const heif_error error =
      heif_decode_image(handle, &decoded, heif_colorspace_RGB, chroma, options.get());
  Pixels pixels(decoded);
  if (error.code != heif_error_Ok) return Failed(error);
  return pixels;
}

using DecodedMat = tl::expected<cv::Mat, std::string>;

/// The primary picture of `file`, reduced: RGB, or RGBA with transparency.
DecodedMat DecodePrimary(const std::string& file, int factor) {
  const Context context(heif_context_alloc());
  heif_context_set_maximum_image_size_limit(context.get(), 2 * kMaxPictureSide);
  heif_error error =
      heif_context_read_from_memory_without_copy(context.get(), file.data(), file.size(), nullptr);
  if (error.code != heif_error_Ok) return Failed(error);
  heif_image_handle* primary = nullptr;
  error = heif_context_get_primary_image_handle(context.get(), &primary);
  const Handle handle(primary);
  if (error.code != heif_error_Ok) return Failed(error);
  const bool transparent = heif_image_handle_has_alpha_channel(primary) != 0;
  const auto pixels =
      Decode(primary, transparent ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB);
  if (!pixels) return tl::unexpected(pixels.error());
  int stride = 0;
  uint8_t* const data = heif_image_get_plane(pixels->get(), heif_channel_interleaved, &stride);
  if (data == nullptr) return tl::unexpected(std::string("no pixels"));
  const cv::Mat whole(heif_image_get_height(pixels->get(), heif_channel_interleaved),
                      heif_image_get_width(pixels->get(), heif_channel_interleaved),
                      CV_8UC(transparent ? 4 : 3), data, static_cast<size_t>(stride));
  return factor > 1 ? ReduceBy(whole, factor) : whole.clone();
}

/// Tile by tile: the picture is in memory in its reduced size alone.
DecodedMat DecodeTiles(const HeifGrid& grid, std::string file, int factor) {
  cv::Mat picture(ReducedSide(grid.height, factor), ReducedSide(grid.width, factor), CV_8UC3,
                  cv::Scalar::all(0));
  const cv::Rect frame(0, 0, picture.cols, picture.rows);
  const cv::Size side(grid.tile_width / factor, grid.tile_height / factor);
  for (size_t i = 0; i < grid.tiles.size(); ++i) {
    SetHeifPrimary(grid.tiles[i], file);
    const DecodedMat tile = DecodePrimary(file, factor);
    if (!tile) return tile;
    if (tile->size() != side || tile->type() != picture.type()) {
      return tl::unexpected(std::string("a tile of another size than it says"));
    }
    const int row = static_cast<int>(i) / grid.columns;
    const int column = static_cast<int>(i) % grid.columns;
    const cv::Rect place(column * side.width, row * side.height, side.width, side.height);
    const cv::Rect seen = place & frame;
    if (seen.empty()) continue;
    (*tile)(cv::Rect(0, 0, seen.width, seen.height)).copyTo(picture(seen));
  }
  constexpr int kTurns[] = {cv::ROTATE_90_COUNTERCLOCKWISE, cv::ROTATE_180,
                            cv::ROTATE_90_CLOCKWISE};
  if (grid.quarter_turns > 0) cv::rotate(picture, picture, kTurns[grid.quarter_turns - 1]);
  return picture;
}

/// What the primary picture's ICC profile says; nothing when there is none that is understood.
std::optional<ColourSpace> ReadColours(const std::string& file) {
  const Context context(heif_context_alloc());
  heif_error error =
      heif_context_read_from_memory_without_copy(context.get(), file.data(), file.size(), nullptr);
  if (error.code != heif_error_Ok) return std::nullopt;
  heif_image_handle* primary = nullptr;
  error = heif_context_get_primary_image_handle(context.get(), &primary);
  const Handle handle(primary);
  if (error.code != heif_error_Ok) return std::nullopt;
  constexpr size_t kMostBytes = 4 << 20;
  const size_t size = heif_image_handle_get_raw_color_profile_size(primary);
  if (size == 0 || size > kMostBytes) return std::nullopt;
  std::string profile(size, '\0');
  error = heif_image_handle_get_raw_color_profile(primary, profile.data());
  if (error.code != heif_error_Ok) return std::nullopt;
  return ReadIccProfile(profile);
}

}  // namespace

tl::expected<Image, std::string> DecodeHeif(std::string_view bytes, int factor) {
  // libheif refuses some of the pictures that telephones put beside the primary one.
  std::string clean = RemovePictureMetadata(bytes);
  const std::optional<ColourSpace> colours = ReadColours(clean);
  const std::optional<HeifGrid> grid = factor > 1 ? ReadHeifGrid(clean) : std::nullopt;
  const bool by_tiles = grid && grid->tile_width % factor == 0 && grid->tile_height % factor == 0;
  const DecodedMat mat =
      by_tiles ? DecodeTiles(*grid, std::move(clean), factor) : DecodePrimary(clean, factor);
  if (!mat) return tl::unexpected(mat.error());
  Image image(mat->rows, mat->cols, 3);
  if (mat->channels() == 4) {
    image = FlattenOnWhite(*mat, /*blue_first=*/false);
  } else {
    mat->copyTo(ViewOf(image));
  }
  if (colours) BringToSrgb(*colours, image);
  return image;
}

}  // namespace atelier::imaging
