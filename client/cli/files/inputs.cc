#include "client/cli/files/inputs.h"

#include <unistd.h>

#include "client/local_file.h"
#include "client/sendable.h"
#include "picture/picture_header.h"

namespace atelier::cli {

Status CheckInputs(const std::vector<Given>& inputs) {
  const Given* first = nullptr;
  for (const Given& input : inputs) {
    if (input.path != kDash) continue;
    if (first != nullptr) {
      return client::BadArgument(
          input.flag, "a file: standard input is taken by `" + first->flag + "`", input.path);
    }
    first = &input;
  }
  return {};
}

Result<std::string> ReadInput(const std::string& path) {
  if (path != kDash) return client::ReadFile(path, kMaxPictureBytes);
  return client::ReadDescriptor(STDIN_FILENO, "standard input", kMaxPictureBytes);
}

Result<v1::Picture> PictureFromInput(const std::string& path) {
  ATELIER_ASSIGN_OR_RETURN(std::string bytes, ReadInput(path));
  return client::PictureFromBytes(std::move(bytes), path == kDash ? "standard input" : path);
}

}  // namespace atelier::cli
