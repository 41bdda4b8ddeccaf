// The pictures that a command reads: files, or "-" for standard input.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "atelier/v1/picture.pb.h"
#include "base/result.h"

namespace atelier::cli {

/// Stands for standard input or output; a file of that name is "./-".
inline constexpr char kDash[] = "-";

/// An argument or flag and what was given for it; "" when nothing was.
struct Given {
  std::string flag;
  std::string path;
};

/// That at most one of them is "-". INVALID_ARGUMENT with kBadArgumentReason.
Status CheckInputs(const std::vector<Given>& inputs);

/// ReadFile() of the file or of standard input.
Result<std::string> ReadInput(const std::string& path);

/// PictureFromFile() of the file or of standard input.
Result<v1::Picture> PictureFromInput(const std::string& path);

}  // namespace atelier::cli
