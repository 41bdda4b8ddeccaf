// What a file says, for tests that look at written files.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace atelier::testing {

/// All bytes of the file; none when there is no such file.
inline std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace atelier::testing
