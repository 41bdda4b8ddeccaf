#include "people/png_writer.h"

#include <zlib.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "base/iuv_chart.h"
#include "base/output_file.h"
#include "picture/png_text.h"

namespace atelier::people {
namespace {

void AppendBigEndian(uint32_t value, std::vector<uint8_t>& out) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

void AppendChunk(std::string_view type, std::span<const uint8_t> data, std::vector<uint8_t>& out) {
  AppendBigEndian(static_cast<uint32_t>(data.size()), out);
  const size_t start = out.size();
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), data.begin(), data.end());
  const uLong crc = crc32(0, out.data() + start, static_cast<uInt>(out.size() - start));
  AppendBigEndian(static_cast<uint32_t>(crc), out);
}

/// Each row as differences from its left neighbour or the row above, whichever is smaller.
std::vector<uint8_t> FilteredRows(const Image& image) {
  const auto bytes_per_row = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  const auto step = static_cast<size_t>(image.channels);
  std::vector<uint8_t> out;
  out.reserve((bytes_per_row + 1) * static_cast<size_t>(image.height));
  std::vector<uint8_t> sub(bytes_per_row), up(bytes_per_row);
  const auto cost = [](const std::vector<uint8_t>& row) {
    int64_t sum = 0;
    for (const uint8_t v : row) sum += std::abs(static_cast<int>(static_cast<int8_t>(v)));
    return sum;
  };
  for (int y = 0; y < image.height; ++y) {
    const uint8_t* row = image.at(y, 0);
    const uint8_t* above = y > 0 ? image.at(y - 1, 0) : nullptr;
    for (size_t i = 0; i < bytes_per_row; ++i) {
      sub[i] = static_cast<uint8_t>(row[i] - (i >= step ? row[i - step] : 0));
      up[i] = static_cast<uint8_t>(row[i] - (above != nullptr ? above[i] : 0));
    }
    const bool use_sub = cost(sub) <= cost(up);
    out.push_back(use_sub ? 1 : 2);
    const std::vector<uint8_t>& best = use_sub ? sub : up;
    out.insert(out.end(), best.begin(), best.end());
  }
  return out;
}

Status CheckImage(const Image& image) {
  if (image.empty()) return InvalidField("image", "not empty", "an empty picture");
  if (image.channels == 1 || image.channels == 3) return {};
  return InvalidField("image.channels", "1 or 3", std::to_string(image.channels));
}

}  // namespace

Result<std::vector<uint8_t>> EncodePng(const Image& image) {
  ATELIER_RETURN_IF_ERROR(CheckImage(image));
  const std::vector<uint8_t> rows = FilteredRows(image);
  uLongf size = compressBound(static_cast<uLong>(rows.size()));
  std::vector<uint8_t> packed(size);
  if (compress2(packed.data(), &size, rows.data(), static_cast<uLong>(rows.size()), 6) != Z_OK) {
    return MakeError(Code::kInternal, "PNG_COMPRESSION_FAILED", "zlib refused the picture");
  }
  packed.resize(size);
  std::vector<uint8_t> out = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  std::vector<uint8_t> header;
  AppendBigEndian(static_cast<uint32_t>(image.width), header);
  AppendBigEndian(static_cast<uint32_t>(image.height), header);
  const uint8_t colour_type = image.channels == 3 ? 2 : 0;
  header.insert(header.end(), {8, colour_type, 0, 0, 0});
  AppendChunk("IHDR", header, out);
  AppendChunk("IDAT", packed, out);
  AppendChunk("IEND", {}, out);
  return out;
}

Result<std::vector<uint8_t>> EncodePnm(const Image& image) {
  ATELIER_RETURN_IF_ERROR(CheckImage(image));
  const std::string header = (image.channels == 3 ? "P6\n" : "P5\n") + std::to_string(image.width) +
                             " " + std::to_string(image.height) + "\n255\n";
  std::vector<uint8_t> out(header.begin(), header.end());
  out.insert(out.end(), image.data.begin(), image.data.end());
  return out;
}

Status WriteImage(const Image& image, const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".png") {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, EncodePng(image));
    return WriteFile(bytes, path);
  }
  if (extension == ".ppm" || extension == ".pgm") {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, EncodePnm(image));
    return WriteFile(bytes, path);
  }
  return InvalidField("out", "a .png, .ppm or .pgm file", path.string());
}

Status WriteIuv(const Image& iuv, const std::filesystem::path& path) {
  if (path.extension() != ".png") return InvalidField("out", "a .png file", path.string());
  ATELIER_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, EncodePng(iuv));
  const std::string_view png(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string labelled = AddPngText(png, kIuvChartKeyword, kAtelierChart);
  return WriteFile({reinterpret_cast<const uint8_t*>(labelled.data()), labelled.size()}, path);
}

Status WriteFile(std::span<const uint8_t> bytes, const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    return MakeError(Code::kUnavailable, "FILE_NOT_WRITTEN",
                     "cannot write " + path.string() + ": " + error.message());
  }
  return WriteOutputFile(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace atelier::people
