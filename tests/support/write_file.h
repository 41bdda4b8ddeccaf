// One line of every test that needs a file with given bytes.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace atelier::testing {

inline std::filesystem::path WriteFile(const std::filesystem::path& path,
                                       const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

}  // namespace atelier::testing
