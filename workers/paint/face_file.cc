#include "paint/face_file.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/weights/safetensors.h"
#include "system/input_file.h"

namespace atelier::paint {
namespace {

constexpr const char* kField = "--face";
constexpr size_t kMaxNumbers = 1'000'000;
constexpr uintmax_t kMaxBytes = 32 << 20;

template <typename T>
std::vector<float> Numbers(std::string_view bytes) {
  std::vector<float> numbers;
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof(T));
    numbers.push_back(static_cast<float>(number));
  }
  return numbers;
}

/// "\x93NUMPY", version, little-endian length of a Python dictionary as text, then raw numbers.
Result<std::vector<float>> ReadNpy(const std::string& bytes) {
  const auto refused = [](const char* given) {
    return InvalidField(kField, "a .npy array of little-endian float32 or float64", given);
  };
  if (bytes.size() < 12 || !bytes.starts_with("\x93NUMPY")) return refused("another format");
  // Version 1 has a length of two bytes, later ones of four.
  const size_t length_bytes = bytes[6] == 1 ? 2 : 4;
  size_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i) {
    length |= size_t{static_cast<unsigned char>(bytes[8 + i])} << (8 * i);
  }
  const size_t begin = 8 + length_bytes;
  if (length > bytes.size() - begin) return refused("a header longer than the file");
  const std::string_view header = std::string_view(bytes).substr(begin, length);
  const std::string_view data = std::string_view(bytes).substr(begin + length);
  const bool is_float = header.find("'descr': '<f4'") != std::string_view::npos;
  const bool is_double = header.find("'descr': '<f8'") != std::string_view::npos;
  if (!is_float && !is_double) return refused("another dtype");
  if (data.size() % (is_float ? 4 : 8) != 0) return refused("a file that is cut short");
  return is_float ? Numbers<float>(data) : Numbers<double>(data);
}

Result<std::vector<float>> ReadSafetensors(const std::filesystem::path& path) {
  auto file = engine::SafetensorsFile::Open(path);
  if (!file) return Propagate(file.error(), kField);
  const std::vector<std::string> names = file->names();
  if (names.size() != 1) {
    return InvalidField(kField, "a .safetensors file of one tensor",
                        std::to_string(names.size()) + " tensors");
  }
  ATELIER_ASSIGN_OR_RETURN(const at::Tensor tensor, file->Tensor(names.front()));
  if (!tensor.is_floating_point() || static_cast<size_t>(tensor.numel()) > kMaxNumbers) {
    return InvalidField(kField, "a tensor of floating-point numbers", names.front());
  }
  const at::Tensor flat = tensor.to(at::kFloat).contiguous();
  const float* data = flat.const_data_ptr<float>();
  return std::vector<float>(data, data + flat.numel());
}

Result<std::vector<float>> ReadText(const std::string& text) {
  std::vector<float> numbers;
  const auto is_between = [](char c) { return std::strchr(" \t\r\n,;[]", c) != nullptr; };
  for (const char* at = text.data(); at < text.data() + text.size();) {
    if (is_between(*at)) {
      ++at;
      continue;
    }
    float number = 0;
    const auto [end, error] = std::from_chars(at, text.data() + text.size(), number);
    if (error != std::errc()) {
      return InvalidField(kField, "numbers between blanks or commas",
                          std::string(at, std::min<size_t>(20, text.data() + text.size() - at)));
    }
    numbers.push_back(number);
    at = end;
  }
  return numbers;
}

Result<std::vector<float>> ReadAny(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".safetensors") return ReadSafetensors(path);
  if (extension != ".npy" && extension != ".txt") {
    return InvalidField(kField, "a .npy, .safetensors or .txt file", path.string());
  }
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadWhole(path, kField, kMaxBytes));
  return extension == ".npy" ? ReadNpy(bytes) : ReadText(bytes);
}

}  // namespace

Result<std::vector<float>> ReadFaceFile(const std::filesystem::path& path) {
  ATELIER_ASSIGN_OR_RETURN(std::vector<float> numbers, ReadAny(path));
  if (numbers.empty() || numbers.size() > kMaxNumbers) {
    return InvalidField(kField, "one to a million numbers", std::to_string(numbers.size()));
  }
  if (!std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); })) {
    return InvalidField(kField, "finite numbers", "a NaN or an infinity");
  }
  return numbers;
}

}  // namespace atelier::paint
