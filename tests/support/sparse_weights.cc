#include "support/sparse_weights.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/torch_bytes.h"

namespace atelier::testing {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kFloatBytes = 4;
/// Of storages in PyTorch's own files.
constexpr uint64_t kAlignment = 64;

int64_t Count(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  return count;
}

std::vector<int64_t> Strides(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i > 1; --i) strides[i - 2] = strides[i - 1] * shape[i - 1];
  return strides;
}

/// A zip file of stored entries, of which some are holes.
class SparseZip {
 public:
  explicit SparseZip(const fs::path& path) : path_(path), file_(path, std::ios::binary) {}

  void Add(const std::string& name, const std::string& bytes) {
    Begin(name, bytes.size());
    file_ << bytes;
    position_ += bytes.size();
  }

  void AddHole(const std::string& name, uint64_t bytes) {
    Begin(name, bytes);
    position_ += bytes;
    file_.seekp(static_cast<std::streamoff>(position_));
  }

  void Finish() {
    const uint64_t end64 = position_ + directory_.size();
    file_ << directory_ << "PK\6\6" << Little(44, 8) << Little(45, 2) << Little(45, 2)
          << Little(0, 8) << Little(count_, 8) << Little(count_, 8) << Little(directory_.size(), 8)
          << Little(position_, 8) << "PK\6\7" << Little(0, 4) << Little(end64, 8) << Little(1, 4)
          << "PK\5\6" << Little(0, 4) << Little(0xffff, 2) << Little(0xffff, 2)
          << Little(0xffffffff, 4) << Little(0xffffffff, 4) << Little(0, 2);
    file_.close();
  }

 private:
  void Begin(const std::string& name, uint64_t bytes) {
    const uint64_t offset = position_, begin = offset + 30 + name.size() + 4;
    const uint64_t padding = (kAlignment - begin % kAlignment) % kAlignment;
    const std::string header = "PK\3\4" + Little(45, 2) + Little(0, 12) + Little(bytes, 4) +
                               Little(bytes, 4) + Little(name.size(), 2) + Little(4 + padding, 2) +
                               name + "FB" + Little(padding, 2) + std::string(padding, 'Z');
    file_ << header;
    position_ += header.size();
    directory_ += "PK\1\2" + Little(45, 2) + Little(45, 2) + Little(0, 12) + Little(0xffffffff, 4) +
                  Little(0xffffffff, 4) + Little(name.size(), 2) + Little(28, 2) + Little(0, 10) +
                  Little(0xffffffff, 4) + name + Little(1, 2) + Little(24, 2) + Little(bytes, 8) +
                  Little(bytes, 8) + Little(offset, 8);
    ++count_;
  }

  const fs::path path_;
  std::ofstream file_;
  uint64_t position_ = 0, count_ = 0;
  std::string directory_;
};

}  // namespace

void WriteSparseSafetensors(const fs::path& path, const Shapes& shapes) {
  nlohmann::json header = nlohmann::json::object();
  uint64_t end = 0;
  for (const auto& [key, shape] : shapes) {
    const uint64_t begin = end;
    end += static_cast<uint64_t>(Count(shape)) * kFloatBytes;
    header[key] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, end}}};
  }
  const std::string text = header.dump();
  std::ofstream(path, std::ios::binary) << Little(text.size(), 8) << text;
  fs::resize_file(path, 8 + text.size() + end);
}

void WriteSparseTorchFile(const fs::path& path, const Shapes& shapes) {
  std::vector<std::pair<std::string, std::string>> items;
  std::vector<uint64_t> storages;
  for (const auto& [key, shape] : shapes) {
    const std::string storage = pickle::Storage(std::to_string(storages.size()), Count(shape));
    items.emplace_back(key, pickle::Tensor(storage, 0, shape, Strides(shape)));
    storages.push_back(static_cast<uint64_t>(Count(shape)) * kFloatBytes);
  }
  SparseZip zip(path);
  zip.Add("archive/data.pkl", pickle::File(pickle::Dict(items, pickle::OrderedDict())));
  zip.Add("archive/byteorder", "little");
  for (size_t i = 0; i < storages.size(); ++i) {
    zip.AddHole("archive/data/" + std::to_string(i), storages[i]);
  }
  zip.Finish();
}

}  // namespace atelier::testing
