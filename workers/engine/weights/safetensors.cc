#include "engine/weights/safetensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "system/atomic_file.h"

namespace atelier::engine {
namespace {

/// The reference implementation's limit; real headers are below 1 MB.
constexpr size_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxDimensions = 16;

constexpr std::array<std::pair<const char*, at::ScalarType>, 12> kDtypes = {
    {{"F64", at::kDouble},
     {"F32", at::kFloat},
     {"F16", at::kHalf},
     {"BF16", at::kBFloat16},
     {"F8_E4M3", at::kFloat8_e4m3fn},
     {"F8_E5M2", at::kFloat8_e5m2},
     {"I64", at::kLong},
     {"I32", at::kInt},
     {"I16", at::kShort},
     {"I8", at::kChar},
     {"U8", at::kByte},
     {"BOOL", at::kBool}}};

std::optional<at::ScalarType> DtypeOf(const std::string& name) {
  for (const auto& [known, dtype] : kDtypes) {
    if (name == known) return dtype;
  }
  return std::nullopt;
}

const char* NameOf(at::ScalarType dtype) {
  for (const auto& [name, known] : kDtypes) {
    if (dtype == known) return name;
  }
  return nullptr;
}

Unexpected Damaged(const std::string& what) {
  return MakeError(Code::kDataLoss, "BAD_SAFETENSORS", what);
}

}  // namespace

Result<SafetensorsFile> SafetensorsFile::Open(const std::filesystem::path& path) {
  SafetensorsFile file;
  auto mapped = MappedFile::Open(path);
  if (!mapped.has_value()) return Propagate(mapped.error(), path.string());
  file.file_ = std::move(mapped).value();
  if (Status status = file.ReadHeader(); !status.has_value()) {
    return Propagate(status.error(), path.string());
  }
  return file;
}

Status SafetensorsFile::ReadHeader() {
  if (file_->size() < kLengthBytes) return Damaged("shorter than 8 bytes");
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= uint64_t{static_cast<unsigned char>(file_->data()[i])} << (8 * i);
  }
  if (length > kMaxHeaderBytes) return Damaged("header longer than 100 MB");
  if (length > file_->size() - kLengthBytes) return Damaged("header longer than the file");
  const char* text = file_->data() + kLengthBytes;
  std::set<std::string> names;
  std::string twice;
  const auto note_names = [&](int depth, nlohmann::json::parse_event_t event,
                              nlohmann::json& parsed) {
    const bool is_name = event == nlohmann::json::parse_event_t::key && depth == 1;
    if (is_name && !names.insert(parsed.get<std::string>()).second) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  const nlohmann::json header = nlohmann::json::parse(text, text + length, note_names, false);
  if (!twice.empty()) return Damaged("has `" + twice + "` twice");
  if (!header.is_object()) return Damaged("header is not a JSON object");
  const size_t data_begin = kLengthBytes + length;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      if (!value.is_object()) return Damaged("__metadata__ is not an object");
      for (const auto& [key, item] : value.items()) {
        if (!item.is_string()) return Damaged("__metadata__." + key + " is not text");
        metadata_[key] = item.get<std::string>();
      }
      continue;
    }
    ATELIER_RETURN_IF_ERROR(ReadEntry(name, &value, data_begin));
  }
  return CheckRanges(data_begin);
}

Status SafetensorsFile::ReadEntry(const std::string& name, const void* json, size_t data_begin) {
  const nlohmann::json& value = *static_cast<const nlohmann::json*>(json);
  const auto damaged = [&](const std::string& what) { return Damaged("`" + name + "` " + what); };
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets")) {
    return damaged("lacks dtype, shape or data_offsets");
  }
  const nlohmann::json& dtype = value["dtype"];
  const std::optional<at::ScalarType> type =
      dtype.is_string() ? DtypeOf(dtype.get<std::string>()) : std::nullopt;
  if (!type.has_value()) return damaged("has the unknown dtype " + dtype.dump());
  const nlohmann::json& shape = value["shape"];
  if (!shape.is_array() || shape.size() > kMaxDimensions) return damaged("has no good shape");
  Entry entry{.dtype = *type, .shape = {}, .begin = 0, .end = 0};
  const size_t limit = file_->size() - data_begin;
  size_t bytes = at::elementSize(*type);
  for (const nlohmann::json& side : shape) {
    if (!side.is_number_unsigned()) return damaged("has a side that is not a whole number");
    const uint64_t length = side.get<uint64_t>();
    // A side no file could hold, even where another side is 0, would overflow the strides.
    if (length > static_cast<uint64_t>(INT64_MAX) / 16 ||
        (length != 0 && bytes > static_cast<size_t>(INT64_MAX) / length)) {
      return damaged("has a shape too large");
    }
    entry.shape.push_back(static_cast<int64_t>(length));
    bytes *= length;
  }
  const nlohmann::json& offsets = value["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    return damaged("has no good data_offsets");
  }
  const uint64_t begin = offsets[0].get<uint64_t>(), end = offsets[1].get<uint64_t>();
  if (begin > end || end > limit) {
    const bool is_cut = begin <= end && begin <= limit;
    return damaged("has data_offsets outside of the file" +
                   (is_cut ? ", which is cut short by " + std::to_string(end - limit) + " bytes"
                           : std::string()));
  }
  if (end - begin != bytes) {
    return damaged("has " + std::to_string(end - begin) + " bytes where its shape needs " +
                   std::to_string(bytes));
  }
  entry.begin = data_begin + begin;
  entry.end = data_begin + end;
  entries_.emplace(name, std::move(entry));
  return {};
}

Status SafetensorsFile::CheckRanges(size_t data_begin) const {
  std::vector<std::pair<size_t, size_t>> ranges;
  for (const auto& [name, entry] : entries_) ranges.emplace_back(entry.begin, entry.end);
  std::sort(ranges.begin(), ranges.end());
  size_t position = data_begin;
  for (const auto& [begin, end] : ranges) {
    if (begin != position) {
      return Damaged(begin < position ? "data_offsets overlap" : "data_offsets leave a gap");
    }
    position = end;
  }
  if (position != file_->size()) return Damaged("bytes after the last tensor");
  return {};
}

std::vector<std::string> SafetensorsFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

at::Tensor SafetensorsFile::Make(const Entry& entry) const {
  const auto options = at::TensorOptions().dtype(entry.dtype);
  if (entry.begin == entry.end) return at::empty(entry.shape, options);
  char* data = file_->data() + entry.begin;
  if (reinterpret_cast<uintptr_t>(data) % at::elementSize(entry.dtype) != 0) {
    at::Tensor copy = at::empty(entry.shape, options);
    std::memcpy(copy.data_ptr(), data, entry.end - entry.begin);
    return copy;
  }
  return at::from_blob(data, entry.shape, [keep = file_](void*) {}, options);
}

Result<at::Tensor> SafetensorsFile::Tensor(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return MakeError(Code::kNotFound, "NO_SUCH_TENSOR", "no tensor `" + name + "` in the file");
  }
  return Make(found->second);
}

TensorMap SafetensorsFile::All() const {
  TensorMap tensors;
  for (const auto& [name, entry] : entries_) tensors.emplace(name, Make(entry));
  return tensors;
}

TensorMap SafetensorsFile::Shapes() const {
  TensorMap shapes;
  for (const auto& [name, entry] : entries_) {
    shapes.emplace(
        name, at::empty(entry.shape, at::TensorOptions().dtype(entry.dtype).device(at::kMeta)));
  }
  return shapes;
}

Status WriteSafetensors(const std::filesystem::path& path, const TensorMap& tensors,
                        const std::map<std::string, std::string>& metadata) {
  // Widest elements first: every tensor is then aligned to its own size without gaps.
  std::vector<std::pair<std::string, at::Tensor>> ordered;
  for (const auto& [name, tensor] : tensors) {
    if (NameOf(tensor.scalar_type()) == nullptr) {
      return MakeError(Code::kInvalidArgument, "BAD_DTYPE",
                       "`" + name + "` has a dtype that safetensors does not know");
    }
    ordered.emplace_back(name, tensor.detach().cpu().contiguous());
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return a.second.element_size() > b.second.element_size();
  });
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  size_t position = 0;
  for (const auto& [name, tensor] : ordered) {
    header[name] = {{"dtype", NameOf(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {position, position + tensor.nbytes()}}};
    position += tensor.nbytes();
  }
  std::string text = header.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string start(kLengthBytes, '\0');
  for (size_t i = 0; i < kLengthBytes; ++i) start[i] = static_cast<char>(text.size() >> (8 * i));

  AtomicFile file(AtomicFile::NameBeside(path), 0644);
  file.Write(start);
  file.Write(text);
  for (const auto& [name, tensor] : ordered) {
    file.Write({static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()});
  }
  file.Sync();
  if (const int cause = file.Replace(path); cause != 0) {
    return MakeError(cause == ENOENT ? Code::kNotFound : Code::kInternal, "FILE",
                     path.string() + ": cannot be written: " + std::strerror(cause));
  }
  // Some file systems cannot bring a folder to the disk; the file is whole all the same.
  SyncPath(path.has_parent_path() ? path.parent_path() : ".");
  return {};
}

}  // namespace atelier::engine
