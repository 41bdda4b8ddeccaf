#include "engine/weights/file_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace atelier::engine {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFirstBytes = 512;
constexpr std::string_view kZip = "PK\3\4";

/// What the bytes begin with and what such a file is.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kArchives = {
    {{"\x1f\x8b", "a gzip file"},
     {"\xfd"
      "7zXZ",
      "an xz file"},
     {"7z\xbc\xaf\x27\x1c", "a 7z archive"},
     {"Rar!", "a RAR archive"},
     {"\x28\xb5\x2f\xfd", "a zstd file"}}};

/// Weights of programs that we do not read.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOtherFormats = {
    {{"GGUF", "a GGUF file of quantised weights: bring those it was made from"},
     {"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them: save a PyTorch state dict"},
     {"\x93NUMPY", "a NumPy array: save a PyTorch state dict"}}};

/// Of torch.save() before PyTorch 1.6.
constexpr std::string_view kLegacyTorch = "\x80\x02\x8a\x0a";

/// A pickle of protocol 2 to 5 that torch.save() did not write.
bool IsOtherPickle(std::string_view start) {
  return start.size() > 2 && start[0] == '\x80' && start[1] >= 2 && start[1] <= 5 &&
         !start.starts_with(kLegacyTorch);
}

/// An ONNX model that PyTorch wrote: a version, then its name.
bool IsOnnx(std::string_view start) {
  return start.size() > 11 && start[0] == '\x08' && start.substr(2, 9) == "\x12\x07pytorch";
}

/// Eight bytes of length, then the JSON header.
bool IsSafetensors(std::string_view start) {
  return start.size() > 9 && start[8] == '{' && start[7] == 0 && start[6] == 0 && start[5] == 0;
}

/// What browsers and download tools append to a file that is not whole.
constexpr std::array<const char*, 6> kUnfinished = {".part", ".crdownload", ".aria2",
                                                    ".tmp",  ".download",   ".incomplete"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// Without a byte order mark and white space in front.
std::string_view Trimmed(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  return text;
}

/// No control characters: bytes of 128 and more may be UTF-8.
bool IsText(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 32 && std::isspace(byte) == 0) || byte == 127;
  });
}

bool IsHtml(std::string_view text) {
  const std::string start = Lower(Trimmed(text).substr(0, 16));
  for (const char* tag : {"<!doctype html", "<html", "<head", "<body", "<script", "<?xml"}) {
    if (start.starts_with(tag)) return true;
  }
  return false;
}

std::string FirstLine(std::string_view text) {
  text = Trimmed(text);
  std::string line(text.substr(0, std::min<size_t>(text.find_first_of("\r\n"), 80)));
  return line;
}

FileTrouble Missing(const fs::path& path) {
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    return {"FILE_MISSING",
            "is a link to " + fs::read_symlink(path, error).string() + ", which is not there"};
  }
  for (const char* ending : kUnfinished) {
    fs::path unfinished = path;
    unfinished += ending;
    if (!fs::exists(unfinished, error)) continue;
    return {"FILE_MISSING",
            "is not there, but " + unfinished.filename().string() + ", an unfinished download, is"};
  }
  return {"FILE_MISSING", "is not there"};
}

/// A weight file of one format under the name of the other.
std::optional<FileTrouble> CheckExtension(const fs::path& path, std::string_view start) {
  const std::string extension = path.extension().string();
  const bool is_picture = extension == ".png";
  if (extension == ".safetensors" && start.starts_with(kZip)) {
    return FileTrouble{
        "WRONG_EXTENSION",
        "is a zip file, as torch.save() writes them: its name must end in .pth, .pt, "
        ".bin or .ckpt"};
  }
  if (extension != ".safetensors" && !is_picture && IsSafetensors(start)) {
    return FileTrouble{"WRONG_EXTENSION",
                       "is a safetensors file: its name must end in .safetensors"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FileTrouble> InspectFile(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return Missing(path);
  if (fs::is_directory(status)) return FileTrouble{"FILE_UNREADABLE", "is a folder"};
  if (!fs::is_regular_file(status)) return FileTrouble{"FILE_UNREADABLE", "is no plain file"};
  std::ifstream stream(path, std::ios::binary);
  if (!stream.is_open()) {
    return FileTrouble{"FILE_UNREADABLE", std::string("cannot be read: ") + std::strerror(errno)};
  }
  std::string start(kFirstBytes, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(stream.gcount()));
  if (start.empty()) return FileTrouble{"FILE_EMPTY", "is empty"};
  if (start.starts_with("version https://git-lfs")) {
    return FileTrouble{"GIT_LFS_POINTER",
                       "is a Git LFS pointer, not the file: fetch it with `git lfs pull`"};
  }
  if (IsText(start)) {
    if (IsHtml(start)) {
      return FileTrouble{"HTML_PAGE",
                         "is a web page saved under this name: download the file itself"};
    }
    return FileTrouble{"TEXT_FILE", "is text, beginning `" + FirstLine(start) + "`"};
  }
  for (const auto& [magic, name] : kArchives) {
    if (start.starts_with(magic))
      return FileTrouble{"ARCHIVE", "is " + std::string(name) + ": unpack it"};
  }
  for (const auto& [magic, name] : kOtherFormats) {
    if (start.starts_with(magic)) return FileTrouble{"OTHER_FORMAT", "is " + std::string(name)};
  }
  if (IsOnnx(start)) {
    return FileTrouble{"OTHER_FORMAT", "is an ONNX model: save a PyTorch state dict"};
  }
  if (IsOtherPickle(start)) {
    return FileTrouble{"OTHER_FORMAT",
                       "is a Python pickle that torch.save() did not write: load it and save its "
                       "state dict"};
  }
  return CheckExtension(path, start);
}

WeightFormat RecogniseWeights(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return WeightFormat::kUnknown;
  std::ifstream stream(path, std::ios::binary);
  std::string start(16, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(stream.gcount()));
  if (IsSafetensors(start)) return WeightFormat::kSafetensors;
  const bool is_torch = start.starts_with(kZip) || start.starts_with(kLegacyTorch);
  return is_torch ? WeightFormat::kTorch : WeightFormat::kUnknown;
}

}  // namespace atelier::engine
