#include "people/files/png_writer.h"

#include <png.h>

#include <string>
#include <string_view>
#include <system_error>

#include "base/iuv_chart.h"
#include "picture/png_text.h"
#include "system/output_file.h"

namespace atelier::people {
namespace {

Status CheckImage(const Image& image) {
  if (image.empty()) return InvalidField("image", "not empty", "an empty picture");
  if (image.channels == 1 || image.channels == 3) return {};
  return InvalidField("image.channels", "1 or 3", std::to_string(image.channels));
}

}  // namespace

Result<std::vector<uint8_t>> EncodePng(const Image& image) {
  ATELIER_RETURN_IF_ERROR(CheckImage(image));
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = image.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  std::vector<uint8_t> out(PNG_IMAGE_PNG_SIZE_MAX(header));
  png_alloc_size_t size = out.size();
  if (png_image_write_to_memory(&header, out.data(), &size, 0, image.data.data(), 0, nullptr) ==
      0) {
    return MakeError(Code::kInternal, "PNG_NOT_WRITTEN", header.message);
  }
  out.resize(size);
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
