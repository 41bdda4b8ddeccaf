#include "engine/weights/torch_file.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace atelier::engine {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMaxDimensions = 16;
/// Parameters may wrap a tensor; nobody wraps one more often than this.
constexpr int kMaxWrappings = 4;
/// Dictionaries in one that are looked into for tensors; trainers write a handful.
constexpr size_t kMostStateDicts = 64;
/// A side no file could hold, even where another side is 0, would overflow the strides.
constexpr int64_t kMaxSide = INT64_MAX / 16;

Unexpected Damaged(const std::string& what) {
  return MakeError(Code::kDataLoss, "BAD_TORCH_FILE", what);
}

bool IsDictionary(const PickleValue& value) {
  return value.Is(Kind::kDict) || value.IsCallOf("collections", "OrderedDict");
}

using Items = std::vector<std::pair<const PickleValue*, const PickleValue*>>;

/// Keys and values in the order Python would set them: those an OrderedDict was made from (Python 2
/// writes OrderedDict([[key, value], ...])), then those that were set in it.
Items ItemsOf(const PickleValue& dictionary) {
  Items items;
  const auto add = [&](const std::vector<const PickleValue*>& pairs) {
    for (size_t i = 0; i + 1 < pairs.size(); i += 2) items.emplace_back(pairs[i], pairs[i + 1]);
  };
  if (dictionary.Is(Kind::kCall) && dictionary.arguments->items.size() == 1) {
    for (const PickleValue* pair : dictionary.arguments->items[0]->items)
      if (pair->items.size() == 2 && (pair->Is(Kind::kList) || pair->Is(Kind::kTuple)))
        add(pair->items);
  }
  add(dictionary.items);
  return items;
}

bool IsObject(const PickleValue& value) {
  return (value.Is(Kind::kCall) && !IsDictionary(value)) || value.Is(Kind::kGlobal) ||
         value.Is(Kind::kPersistent);
}

bool IsTensor(const PickleValue& value) {
  if (!value.Is(Kind::kCall)) return false;
  const PickleValue& callable = *value.callable;
  return callable.Is(Kind::kGlobal) && callable.module == "torch._utils" &&
         callable.text.starts_with("_rebuild_");
}

bool HoldsTensors(const PickleValue& dictionary) {
  const Items items = ItemsOf(dictionary);
  return std::any_of(items.begin(), items.end(),
                     [](const auto& item) { return IsTensor(*item.second); });
}

/// The state dict in what was saved: the whole of it, or the one dictionary of tensors in it, which
/// trainers call "state_dict", "model", "params", ...
Result<const PickleValue*> FindStateDict(const PickleValue& root) {
  if (!IsDictionary(root)) return Damaged("holds " + root.Describe() + ", not a state dict");
  std::map<std::string_view, const PickleValue*> inside;
  size_t looked_into = 0;
  for (const auto& [key, value] : ItemsOf(root)) {
    if (!key->Is(Kind::kString) || !IsDictionary(*value)) continue;
    // Dictionaries may share what is in them: of a hostile file no more than these are looked into.
    if (++looked_into > kMostStateDicts) break;
    if (HoldsTensors(*value)) inside.insert_or_assign(key->text, value);
  }
  const auto named = inside.find("state_dict");
  const bool is_wrapped = named != inside.end() || !HoldsTensors(root);
  if (inside.empty() || !is_wrapped) return &root;
  if (inside.size() == 1) return inside.begin()->second;
  std::string names;
  for (const auto& [name, dictionary] : inside) {
    names += (names.empty() ? "`" : ", `") + std::string(name.substr(0, 40)) + "`";
  }
  return MakeError(Code::kInvalidArgument, "SEVERAL_COPIES",
                   "holds several state dicts, " + names + ": save the one that is meant alone");
}

/// What `_rebuild_tensor_v3` says its storage's bytes are, of the types that it alone is used for.
std::optional<at::ScalarType> ByteType(const PickleValue& dtype) {
  if (dtype.IsGlobal("torch", "float8_e4m3fn")) return at::kFloat8_e4m3fn;
  if (dtype.IsGlobal("torch", "float8_e5m2")) return at::kFloat8_e5m2;
  return std::nullopt;
}

/// A tuple or list of whole numbers in 0..kMaxSide.
std::optional<std::vector<int64_t>> Numbers(const PickleValue& value) {
  if (!value.Is(Kind::kTuple) && !value.Is(Kind::kList)) return std::nullopt;
  if (value.items.size() > kMaxDimensions) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const PickleValue* item : value.items) {
    if (!item->Is(Kind::kInt) || item->number < 0 || item->number > kMaxSide) return std::nullopt;
    numbers.push_back(item->number);
  }
  return numbers;
}

}  // namespace

/// Where in its storage a tensor lies, checked: every element inside, no more of them than the
/// storage has (an expanded tensor of one number must not become terabytes when it is copied).
struct TorchFile::Layout {
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;

  static Result<Layout> Read(const PickleValue& arguments, int64_t storage_numel);
};

Result<TorchFile::Layout> TorchFile::Layout::Read(const PickleValue& arguments,
                                                  int64_t storage_numel) {
  const PickleValue& offset = *arguments.items[1];
  const auto sizes = Numbers(*arguments.items[2]), strides = Numbers(*arguments.items[3]);
  if (!offset.Is(Kind::kInt) || offset.number < 0 || offset.number > storage_numel || !sizes ||
      !strides || sizes->size() != strides->size()) {
    return Damaged("has no good offset, shape or strides");
  }
  int64_t numel = 1, last = offset.number;
  bool inside = true, empty = false;
  for (size_t i = 0; i < sizes->size(); ++i) {
    const int64_t size = (*sizes)[i], stride = (*strides)[i];
    empty = empty || size == 0;
    int64_t reach = 0;
    inside = inside && !__builtin_mul_overflow(numel, std::max<int64_t>(size, 1), &numel) &&
             !__builtin_mul_overflow(std::max<int64_t>(size - 1, 0), stride, &reach) &&
             !__builtin_add_overflow(last, reach, &last);
  }
  // An empty tensor reaches nothing, but its shape must still not overflow.
  if (!inside || (!empty && (last >= storage_numel || numel > storage_numel))) {
    return Damaged("lies outside of its storage");
  }
  return Layout{.offset = offset.number, .sizes = *sizes, .strides = *strides};
}

Result<TorchFile> TorchFile::Open(const std::filesystem::path& path) {
  TorchFile file;
  const auto read = [&]() -> Status {
    ATELIER_ASSIGN_OR_RETURN(file.file_, MappedFile::Open(path));
    const std::string_view bytes = file.file_->bytes();
    ATELIER_ASSIGN_OR_RETURN(
        file.parts_, IsLegacyTorchFile(bytes) ? ReadLegacyParts(bytes) : ReadZippedParts(bytes));
    return file.ReadStateDict();
  };
  if (const Status status = read(); !status) return Propagate(status.error(), path.string());
  return file;
}

Status TorchFile::ReadStateDict() {
  ATELIER_ASSIGN_OR_RETURN(const PickleValue* top, FindStateDict(parts_.pickle.root()));
  for (const auto& [key, value] : ItemsOf(*top)) {
    if (!key->Is(Kind::kString)) continue;
    entries_.erase(std::string(key->text));
    if (IsObject(*value)) entries_.emplace(key->text, value);
  }
  if (entries_.empty()) return Damaged("holds no tensors");
  return {};
}

std::vector<std::string> TorchFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : entries_) names.push_back(name);
  return names;
}

Result<at::Tensor> TorchFile::Tensor(const std::string& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return MakeError(Code::kNotFound, "NO_SUCH_TENSOR", "no tensor `" + name + "` in the file");
  }
  auto tensor = Make(*found->second, Memory::kMapped);
  if (!tensor) return Propagate(tensor.error(), "`" + name + "`");
  return tensor;
}

Result<std::map<std::string, at::Tensor>> TorchFile::All() { return All(Memory::kMapped); }

Result<std::map<std::string, at::Tensor>> TorchFile::Shapes() { return All(Memory::kNone); }

Result<std::map<std::string, at::Tensor>> TorchFile::All(Memory memory) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, value] : entries_) {
    auto tensor = Make(*value, memory);
    if (!tensor) return Propagate(tensor.error(), "`" + name + "`");
    tensors.emplace(name, std::move(*tensor));
  }
  return tensors;
}

Result<at::Tensor> TorchFile::Make(const PickleValue& value, Memory memory) {
  const PickleValue* call = &value;
  for (int i = 0; i < kMaxWrappings; ++i) {
    const bool wraps = call->IsCallOf("torch._utils", "_rebuild_parameter") ||
                       call->IsCallOf("torch._utils", "_rebuild_parameter_with_state");
    if (!wraps || call->arguments->items.empty()) break;
    call = call->arguments->items[0];
  }
  const bool names_type = call->IsCallOf("torch._utils", "_rebuild_tensor_v3");
  if (!names_type && !call->IsCallOf("torch._utils", "_rebuild_tensor_v2") &&
      !call->IsCallOf("torch._utils", "_rebuild_tensor")) {
    return Damaged("hangs on " + call->Describe() + ", which is not read");
  }
  const PickleValue& arguments = *call->arguments;
  if (!arguments.Is(Kind::kTuple) || arguments.items.size() < 4) {
    return Damaged("is a tensor without storage, offset, shape and strides");
  }
  ATELIER_ASSIGN_OR_RETURN(at::Tensor storage, Storage(*arguments.items[0], memory));
  if (names_type) {
    const auto type = arguments.items.size() < 7 ? std::nullopt : ByteType(*arguments.items[6]);
    if (!type || storage.scalar_type() != at::kByte) {
      return Damaged("is of a type that is not read: " +
                     (arguments.items.size() < 7 ? "none" : arguments.items[6]->Describe()));
    }
    storage = storage.view(*type);
  }
  ATELIER_ASSIGN_OR_RETURN(const Layout layout, Layout::Read(arguments, storage.numel()));
  // Seam: LibTorch throws on what the checks above missed.
  try {
    const at::NoGradGuard no_grad;
    return storage.as_strided(layout.sizes, layout.strides, layout.offset);
  } catch (const std::exception& error) {
    return Damaged(std::string("is no tensor: ") + error.what());
  }
}

Result<at::Tensor> TorchFile::Storage(const PickleValue& value, Memory memory) {
  ATELIER_ASSIGN_OR_RETURN(const StorageName name, StorageName::Read(value));
  const auto known = storages_.find({name.key, name.dtype});
  if (known != storages_.end() && memory == Memory::kMapped) return known->second;

  const auto found = parts_.storages.find(name.key);
  if (found == parts_.storages.end()) {
    return Damaged("lacks its storage data/" + std::string(name.key.substr(0, 100)));
  }
  const std::string_view bytes = found->second;
  const int64_t numel = name.elements;
  const size_t element = at::elementSize(name.dtype);
  if (numel < 0 || static_cast<uint64_t>(numel) > bytes.size() / element) {
    return Damaged("has a storage of fewer bytes than it says");
  }
  if (memory == Memory::kNone) {
    return at::empty({numel}, at::TensorOptions().dtype(name.dtype).device(at::kMeta));
  }
  const at::Tensor storage = Mapped(bytes, numel, name.dtype);
  storages_.emplace(std::pair(name.key, name.dtype), storage);
  return storage;
}

at::Tensor TorchFile::Mapped(std::string_view bytes, int64_t numel, at::ScalarType dtype) const {
  const auto options = at::TensorOptions().dtype(dtype);
  if (numel == 0) return at::empty({0}, options);
  // Views of the mapped file: MappedFile's pages are writable and private.
  char* data = const_cast<char*>(bytes.data());
  if (reinterpret_cast<uintptr_t>(data) % at::elementSize(dtype) == 0) {
    return at::from_blob(data, {numel}, [keep = file_](void*) {}, options);
  }
  at::Tensor copy = at::empty({numel}, options);
  std::memcpy(copy.data_ptr(), data, copy.nbytes());
  return copy;
}

}  // namespace atelier::engine
