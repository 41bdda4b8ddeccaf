#include "system/input_file.h"

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "system/output_file.h"

namespace atelier {

Result<std::string> ReadWhole(const std::filesystem::path& path, std::string_view field,
                              uintmax_t max_bytes) {
  std::error_code failed;
  const std::string name(field);
  if (!std::filesystem::is_regular_file(path, failed)) {
    return InvalidField(name, "a file that is there", path.string());
  }
  const uintmax_t bytes = std::filesystem::file_size(path, failed);
  if (!failed && bytes > max_bytes) {
    return InvalidField(name, "a file of at most " + std::to_string(max_bytes) + " bytes",
                        path.string() + " of " + std::to_string(bytes));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file || failed) return InvalidField(name, "a file that can be read", path.string());
  return text;
}

Status WriteWhole(const std::filesystem::path& path, std::string_view field,
                  std::string_view bytes) {
  const Status written = WriteOutputFile(path, bytes);
  if (written) return {};
  Error error = written.error().WithContext("`" + std::string(field) + "` cannot be written");
  error.field = std::string(field);
  return Unexpected(std::move(error));
}

}  // namespace atelier
