#include "digest/folder_digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

#include "base/hex.h"
#include "digest/sha256.h"

namespace atelier {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 1 << 20;

Unexpected NotRead(const fs::path& path) {
  return MakeError(Code::kUnavailable, "FILE_NOT_READ", "cannot read " + path.string());
}

}  // namespace

// Files of models may be larger than memory: read piece by piece.
Result<std::string> FileSha256Hex(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  if (!file || !context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return NotRead(path);
  }
  std::vector<char> chunk(kChunkBytes);
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0) {
    EVP_DigestUpdate(context.get(), chunk.data(), static_cast<size_t>(file.gcount()));
  }
  if (!file.eof()) return NotRead(path);
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
  return ToHex(digest);
}

Result<std::string> FolderSha256Hex(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return MakeError(Code::kNotFound, "NOT_FOUND", folder.string() + " is no folder");
  }
  std::vector<std::string> names;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file()) names.push_back(fs::relative(at->path(), folder).generic_string());
  }
  if (error) return NotRead(folder);
  std::ranges::sort(names);
  std::string lines;
  for (const std::string& name : names) {
    ATELIER_ASSIGN_OR_RETURN(const std::string digest, FileSha256Hex(folder / name));
    lines.append(digest).append("  ").append(name).append("\n");
  }
  return Sha256Hex(lines);
}

}  // namespace atelier
