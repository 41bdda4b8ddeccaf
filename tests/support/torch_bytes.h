// Bytes of zip files and pickles, written by hand: what torch.save() writes, and what it never
// would.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace atelier::testing {

/// `value` as `bytes` little-endian bytes.
inline std::string Little(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i, value >>= 8) text += static_cast<char>(value);
  return text;
}

struct ZipOptions {
  /// Data begin at multiples of this; PyTorch's own files have 64.
  size_t alignment = 64;
  /// Directory fields say "see zip64", as PyTorch writes them.
  bool zip64 = false;
};

/// A zip file of stored entries.
inline std::string Zip(const std::vector<std::pair<std::string, std::string>>& entries,
                       const ZipOptions& options = {}) {
  std::string file, directory;
  const auto wide = [&](uint64_t value) { return options.zip64 ? 0xffffffff : value; };
  for (const auto& [name, data] : entries) {
    const size_t offset = file.size();
    const size_t begin = offset + 30 + name.size() + 4;
    const size_t padding = (options.alignment - begin % options.alignment) % options.alignment;
    file += "PK\3\4" + Little(45, 2) + Little(0, 12) + Little(data.size(), 4) +
            Little(data.size(), 4) + Little(name.size(), 2) + Little(4 + padding, 2) + name + "FB" +
            Little(padding, 2) + std::string(padding, 'Z') + data;
    std::string extra;
    if (options.zip64) {
      extra = Little(1, 2) + Little(24, 2) + Little(data.size(), 8) + Little(data.size(), 8) +
              Little(offset, 8);
    }
    directory += "PK\1\2" + Little(45, 2) + Little(45, 2) + Little(0, 12) +
                 Little(wide(data.size()), 4) + Little(wide(data.size()), 4) +
                 Little(name.size(), 2) + Little(extra.size(), 2) + Little(0, 10) +
                 Little(wide(offset), 4) + name + extra;
  }
  const size_t offset = file.size(), count = entries.size();
  file += directory;
  if (options.zip64) {
    const size_t end64 = file.size();
    file += "PK\6\6" + Little(44, 8) + Little(45, 2) + Little(45, 2) + Little(0, 8) +
            Little(count, 8) + Little(count, 8) + Little(directory.size(), 8) + Little(offset, 8);
    file += "PK\6\7" + Little(0, 4) + Little(end64, 8) + Little(1, 4);
  }
  return file + "PK\5\6" + Little(0, 4) + Little(options.zip64 ? 0xffff : count, 2) +
         Little(options.zip64 ? 0xffff : count, 2) + Little(wide(directory.size()), 4) +
         Little(wide(offset), 4) + Little(0, 2);
}

/// `bytes` with `value` written at `at` bytes behind the `nth` (from 0) place of `mark`.
inline std::string Patched(std::string bytes, const std::string& mark, size_t nth, size_t at,
                           const std::string& value) {
  size_t position = bytes.find(mark);
  for (size_t i = 0; i < nth; ++i) position = bytes.find(mark, position + 1);
  return bytes.replace(position + at, value.size(), value);
}

namespace pickle {

inline std::string File(const std::string& value) { return std::string("\x80\x02") + value + "."; }
inline std::string Text(const std::string& text) {
  return std::string("X") + Little(text.size(), 4) + text;
}
inline std::string Whole(int64_t number) {
  return std::string("\x8a\x08") + Little(static_cast<uint64_t>(number), 8);
}
inline std::string Global(const std::string& module, const std::string& name) {
  return std::string("c") + module + "\n" + name + "\n";
}
inline std::string Tuple(const std::vector<std::string>& items) {
  std::string text = "(";
  for (const std::string& item : items) text += item;
  return text + "t";
}
inline std::string Tuple(const std::vector<int64_t>& numbers) {
  std::vector<std::string> items;
  for (const int64_t number : numbers) items.push_back(Whole(number));
  return Tuple(items);
}
inline std::string Call(const std::string& callable, const std::string& arguments) {
  return callable + arguments + "R";
}
inline std::string OrderedDict() { return Call(Global("collections", "OrderedDict"), ")"); }
/// A dictionary, or what else `made` makes, with these values.
inline std::string Dict(const std::vector<std::pair<std::string, std::string>>& items,
                        const std::string& made = "}") {
  std::string text = made + "(";
  for (const auto& [key, value] : items) text += Text(key) + value;
  return text + "u";
}
inline std::string Storage(const std::string& key, int64_t numel,
                           const std::string& type = "FloatStorage") {
  return Tuple(std::vector<std::string>{Text("storage"), Global("torch", type), Text(key),
                                        Text("cpu"), Whole(numel)}) +
         "Q";
}
inline std::string Tensor(const std::string& storage, int64_t offset,
                          const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides) {
  return Call(Global("torch._utils", "_rebuild_tensor_v2"),
              Tuple(std::vector<std::string>{storage, Whole(offset), Tuple(sizes), Tuple(strides),
                                             "\x89", OrderedDict()}));
}
inline std::string Parameter(const std::string& tensor) {
  return Call(Global("torch._utils", "_rebuild_parameter"),
              Tuple(std::vector<std::string>{tensor, "\x88", OrderedDict()}));
}

}  // namespace pickle
}  // namespace atelier::testing
