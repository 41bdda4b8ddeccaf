#include "engine/weights/torch_parts.h"

#include <ATen/ATen.h>

#include <array>
#include <cstring>
#include <utility>

#include "engine/weights/zip_archive.h"

namespace atelier::engine {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kPickleName = "/data.pkl";
/// Protocol 2, then a number of 80 bits: 0x1950a86a20f9469cfc6c.
constexpr std::string_view kLegacyMagic =
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kLegacyProtocol = 1001;

constexpr std::array<std::pair<std::string_view, at::ScalarType>, 10> kStorages = {
    {{"DoubleStorage", at::kDouble},
     {"FloatStorage", at::kFloat},
     {"HalfStorage", at::kHalf},
     {"BFloat16Storage", at::kBFloat16},
     {"LongStorage", at::kLong},
     {"IntStorage", at::kInt},
     {"ShortStorage", at::kShort},
     {"CharStorage", at::kChar},
     {"ByteStorage", at::kByte},
     {"BoolStorage", at::kBool}}};

std::optional<at::ScalarType> DtypeOf(const PickleValue& storage_type) {
  // Bytes of a type that the tensor names.
  if (storage_type.IsGlobal("torch.storage", "UntypedStorage")) return at::kByte;
  for (const auto& [name, dtype] : kStorages) {
    if (storage_type.IsGlobal("torch", name)) return dtype;
  }
  return std::nullopt;
}

Unexpected Damaged(const std::string& what) {
  return MakeError(Code::kDataLoss, "BAD_TORCH_FILE", what);
}

Unexpected BigEndian() {
  return MakeError(Code::kUnimplemented, "WEIGHT_FORMAT", "is not little-endian");
}

Result<std::string> FindFolder(const ZipArchive& archive) {
  std::string folder;
  for (const auto& [name, bytes] : archive.entries()) {
    if (!name.ends_with(kPickleName) || name.find('/') != name.size() - kPickleName.size()) {
      continue;
    }
    if (!folder.empty()) return Damaged("has more than one data.pkl");
    folder = name.substr(0, name.size() - kPickleName.size());
  }
  if (folder.empty()) return Damaged("has no data.pkl: not a file of torch.save()");
  // Both are there in programs alone.
  if (archive.entries().contains(folder + "/constants.pkl")) {
    return Damaged("is a TorchScript program: save its state_dict() with torch.save()");
  }
  return folder;
}

/// The next of several pickles; `file` is moved behind it.
Result<Pickle> NextPickle(std::string_view& file) {
  ATELIER_ASSIGN_OR_RETURN(Pickle pickle, Pickle::Parse(file));
  file.remove_prefix(pickle.size());
  return pickle;
}

/// Of {"little_endian": True, ...}.
bool SaysBigEndian(const PickleValue& machine) {
  for (size_t i = 0; machine.Is(Kind::kDict) && i + 1 < machine.items.size(); i += 2) {
    const PickleValue &name = *machine.items[i], &value = *machine.items[i + 1];
    if (name.Is(Kind::kString) && name.text == "little_endian")
      return value.Is(Kind::kBool) && value.number == 0;
  }
  return false;
}

/// Bytes of one element, by the key of the storage.
std::map<std::string_view, size_t> ElementSizes(const Pickle& pickle) {
  std::map<std::string_view, size_t> sizes;
  for (const PickleValue& value : pickle.values()) {
    if (!value.Is(Kind::kPersistent)) continue;
    const auto name = StorageName::Read(value);
    if (name) sizes.emplace(name->key, at::elementSize(name->dtype));
  }
  return sizes;
}

}  // namespace

Result<StorageName> StorageName::Read(const PickleValue& value) {
  if (!value.Is(Kind::kPersistent)) {
    return Damaged("hangs on " + value.Describe() + ", which is not read");
  }
  const PickleValue& id = *value.arguments;
  if (!id.Is(Kind::kTuple) || id.items.size() < 5 || !id.items[2]->Is(Kind::kString) ||
      !id.items[4]->Is(Kind::kInt)) {
    return Damaged("has a storage without type, key and length");
  }
  const std::optional<at::ScalarType> dtype = DtypeOf(*id.items[1]);
  if (!dtype) return Damaged("hangs on " + id.items[1]->Describe() + ", which is not read");
  return StorageName{*dtype, id.items[2]->text, id.items[4]->number};
}

Result<TorchParts> ReadZippedParts(std::string_view file) {
  ATELIER_ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Parse(file));
  ATELIER_ASSIGN_OR_RETURN(const std::string folder, FindFolder(archive));
  const auto order = archive.entries().find(folder + "/byteorder");
  if (order != archive.entries().end() && order->second != "little") return BigEndian();
  TorchParts parts;
  ATELIER_ASSIGN_OR_RETURN(
      parts.pickle,
      Pickle::Parse(archive.entries().find(folder + std::string(kPickleName))->second));
  const std::string data = folder + "/data/";
  for (const auto& [name, bytes] : archive.entries()) {
    if (name.starts_with(data)) parts.storages.emplace(name.substr(data.size()), bytes);
  }
  return parts;
}

bool IsLegacyTorchFile(std::string_view file) { return file.starts_with(kLegacyMagic); }

Result<TorchParts> ReadLegacyParts(std::string_view file) {
  ATELIER_RETURN_IF_ERROR(NextPickle(file));  // the magic number
  ATELIER_ASSIGN_OR_RETURN(const Pickle protocol, NextPickle(file));
  if (!protocol.root().Is(Kind::kInt) || protocol.root().number != kLegacyProtocol) {
    return Damaged("is of a protocol of torch.save() other than 1001");
  }
  ATELIER_ASSIGN_OR_RETURN(const Pickle machine, NextPickle(file));
  if (SaysBigEndian(machine.root())) return BigEndian();
  TorchParts parts;
  ATELIER_ASSIGN_OR_RETURN(parts.pickle, NextPickle(file));
  ATELIER_ASSIGN_OR_RETURN(const Pickle keys, NextPickle(file));
  if (!keys.root().Is(Kind::kList)) return Damaged("has no list of its storages");
  const std::map<std::string_view, size_t> element_sizes = ElementSizes(parts.pickle);
  for (const PickleValue* key : keys.root().items) {
    const auto element =
        key->Is(Kind::kString) ? element_sizes.find(key->text) : element_sizes.end();
    // Without its type nobody can say where the next one starts.
    if (element == element_sizes.end()) return Damaged("has a storage that no tensor names");
    uint64_t count = 0;
    if (file.size() < sizeof count) return Damaged("ends before its storages do");
    std::memcpy(&count, file.data(), sizeof count);
    file.remove_prefix(sizeof count);
    if (count > file.size() / element->second) return Damaged("ends before its storages do");
    parts.storages.emplace(key->text, file.substr(0, count * element->second));
    file.remove_prefix(count * element->second);
  }
  return parts;
}

}  // namespace atelier::engine
