// Picture files as cameras and telephones write them: with metadata, on their side, in tiles. What
// must not be stored of them contains the word kSecret.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace atelier {

inline constexpr char kSecret[] = "secret";

/// EXIF data with a camera's name, a GPS directory and `orientation`, in either byte order, without
/// "Exif\0\0" in front.
std::string CameraExif(int orientation, bool little_endian = true);

/// The JPEG with EXIF, XMP, IPTC, a comment, a list of further pictures and one after its end.
std::string AddJpegMetadata(const std::string& jpeg, int orientation);

/// The PNG with EXIF, texts, a time and bytes after its end.
std::string AddPngMetadata(const std::string& png, int orientation);

/// The WebP, of one chunk, as an extended one with EXIF and XMP, and bytes after its end.
std::string AddWebpMetadata(const std::string& webp, uint32_t width, uint32_t height,
                            int orientation);

/// HEVC data of one picture: the payload of its `hvcC` box, and its units.
struct HevcPicture {
  std::string set_up;
  std::string data;
  uint32_t width = 0;
  uint32_t height = 0;
};

/// One that states its size and decodes to nothing.
HevcPicture UndecodableHevc(uint32_t width, uint32_t height);

/// The primary picture of a HEIC file. REQUIRES: it is no grid; encoders make grids of small ones.
HevcPicture HevcOf(const std::string& heic);

struct HeicOptions {
  /// Tiles; 0: no grid.
  uint32_t rows = 0;
  uint32_t columns = 0;
  /// The shown size of a grid; 0: all of its tiles.
  uint32_t grid_width = 0;
  uint32_t grid_height = 0;
  /// Counter-clockwise by 90 degrees.
  int quarter_turns = 0;
  /// Width, height and offsets of a clean aperture, a numerator and a denominator each.
  std::vector<uint32_t> clean_aperture = {};
  /// EXIF and XMP, a thumbnail, a depth map of two pictures, a description and a film.
  bool metadata = true;
};

/// A HEIC file as telephones write it.
std::string MakeHeic(const HevcPicture& picture, const HeicOptions& options = {});

/// A box of an ISO base media file.
std::string MakeBox(const std::string& type, const std::string& body);

}  // namespace atelier
