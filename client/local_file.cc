#include "client/local_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "picture/picture_header.h"

namespace atelier::client {

namespace {

namespace fs = std::filesystem;

Unexpected LocalError(Code code, const fs::path& path, const std::string& what) {
  return MakeError(code, std::string(kLocalFileReason), path.string() + ": " + what);
}

}  // namespace

Result<std::string> ReadFile(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return LocalError(Code::kInvalidArgument, path, "is a folder");
  std::ifstream file(path, std::ios::binary);
  if (!file) return LocalError(Code::kNotFound, path, std::strerror(errno));
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad()) return LocalError(Code::kDataLoss, path, "cannot be read to its end");
  return bytes;
}

Result<v1::Picture> PictureFromFile(const fs::path& path) {
  ATELIER_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  const auto header = ReadPictureHeader(bytes, "file");
  if (!header) return LocalError(Code::kInvalidArgument, path, header.error().message);
  v1::Picture picture;
  picture.set_data(std::move(bytes));
  return picture;
}

Status CheckWritable(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return LocalError(Code::kInvalidArgument, path, "is a folder");
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, error)) {
    return LocalError(Code::kNotFound, path, "there is no folder " + folder.string());
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    return LocalError(Code::kPermissionDenied, path, std::strerror(errno));
  }
  return {};
}

Status WriteFileAtomically(const fs::path& path, std::string_view bytes) {
  ATELIER_RETURN_IF_ERROR(CheckWritable(path));
  const fs::path temporary = path.string() + ".part" + std::to_string(::getpid());
  std::error_code error;
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
      const int cause = errno;
      fs::remove(temporary, error);
      return LocalError(Code::kInternal, path, std::strerror(cause));
    }
  }
  fs::rename(temporary, path, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(temporary, ignored);
  return LocalError(Code::kInternal, path, error.message());
}

}  // namespace atelier::client
