// The body file: little endian, no padding. Header of eight int32 (magic, vertices V, components K,
// bones B, quads Q, texture vertices T, samples N, 0); then mean f16 [V,3], basis f16 [K,V,3],
// joint mean f32 [B,3], joint basis f32 [K,B,3], coefficients f16 [N,K], masculinity f16 [N],
// texture coordinates f16 [T,2], quads u16 [Q,4], texture quads u16 [Q,4], quad groups u8 [Q], bone
// indices u8 [V,4], bone weights u8 [V,4], parents i8 [B], four masks u8 [V], and the bone names,
// one a line.
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_map>

#include "people/body/body.h"

namespace atelier::people {
namespace {

constexpr int32_t kMagic = 0x484d4e31;
constexpr int kGroupCount = 10;

Unexpected Invalid(std::string_view what) {
  return MakeError(Code::kDataLoss, "BODY_FILE_INVALID",
                   "the body file is damaged: " + std::string(what));
}

float FromHalf(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 31u;
  const uint32_t mantissa = half & 1023u;
  if (exponent == 0) {
    const float value = static_cast<float>(mantissa) * 0x1.0p-24f;
    return sign ? -value : value;
  }
  const uint32_t bits = sign | ((exponent + 112) << 23) | (mantissa << 13);
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Takes arrays off the front of a byte range; after a short read everything is empty.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : left_(bytes) {}

  template <typename T>
  std::vector<T> Take(size_t count) {
    std::vector<T> out;
    if (failed_ || left_.size() / sizeof(T) < count) {
      failed_ = true;
      return out;
    }
    out.resize(count);
    if (count > 0) std::memcpy(out.data(), left_.data(), count * sizeof(T));
    left_ = left_.subspan(count * sizeof(T));
    return out;
  }
  std::vector<float> TakeHalves(size_t count) {
    const std::vector<uint16_t> halves = Take<uint16_t>(count);
    std::vector<float> out(halves.size());
    for (size_t i = 0; i < halves.size(); ++i) out[i] = FromHalf(halves[i]);
    return out;
  }
  bool failed() const { return failed_; }
  std::span<const uint8_t> left() const { return left_; }

 private:
  std::span<const uint8_t> left_;
  bool failed_ = false;
};

std::vector<std::string> Lines(std::span<const uint8_t> bytes) {
  std::vector<std::string> out(1);
  for (const uint8_t byte : bytes) {
    if (byte == '\n') {
      out.emplace_back();
    } else {
      out.back().push_back(static_cast<char>(byte));
    }
  }
  return out;
}

Status CheckIndices(const BodyFile& file) {
  for (const auto& quad : file.quads) {
    for (const uint16_t v : quad) {
      if (v >= file.vertex_count) return Invalid("a face names a vertex that is not there");
    }
  }
  for (const uint8_t group : file.quad_groups) {
    if (group >= kGroupCount) return Invalid("a face is of an unknown group");
  }
  for (const auto& bones : file.bone_indices) {
    for (const uint8_t bone : bones) {
      if (bone >= file.bone_count) return Invalid("a weight names a bone that is not there");
    }
  }
  for (int i = 0; i < file.bone_count; ++i) {
    const int parent = file.parents[static_cast<size_t>(i)];
    if (parent >= i || parent < -1) return Invalid("a bone comes before its parent");
  }
  return {};
}

Status ReadHeader(Reader& reader, BodyFile& file, std::array<size_t, 3>& counts) {
  const std::vector<int32_t> header = reader.Take<int32_t>(8);
  if (reader.failed() || header[0] != kMagic) return Invalid("it does not begin as one");
  constexpr int kMost = 1 << 20;
  for (int i = 1; i < 7; ++i) {
    if (header[static_cast<size_t>(i)] <= 0 || header[static_cast<size_t>(i)] > kMost) {
      return Invalid("a count in its header is impossible");
    }
  }
  file.vertex_count = header[1];
  file.component_count = header[2];
  file.bone_count = header[3];
  if (file.bone_count > 127) return Invalid("it has too many bones");
  if (file.component_count > 256) return Invalid("it has too many components");
  counts = {static_cast<size_t>(header[4]), static_cast<size_t>(header[5]),
            static_cast<size_t>(header[6])};
  return {};
}

void ReadSkinning(Reader& reader, size_t vertices, BodyFile& file) {
  file.bone_indices = reader.Take<std::array<uint8_t, 4>>(vertices);
  const auto weights = reader.Take<std::array<uint8_t, 4>>(vertices);
  file.bone_weights.resize(weights.size());
  for (size_t v = 0; v < weights.size(); ++v) {
    const auto& w = weights[v];
    const float sum = static_cast<float>(std::max(1, w[0] + w[1] + w[2] + w[3]));
    for (size_t i = 0; i < 4; ++i) file.bone_weights[v][i] = static_cast<float>(w[i]) / sum;
  }
}

}  // namespace

Result<BodyFile> ParseBodyFile(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  BodyFile file;
  std::array<size_t, 3> counts{};
  ATELIER_RETURN_IF_ERROR(ReadHeader(reader, file, counts));
  const auto [quads, texture_vertices, samples] = counts;
  const auto vertices = static_cast<size_t>(file.vertex_count);
  const auto components = static_cast<size_t>(file.component_count);
  const auto bones = static_cast<size_t>(file.bone_count);
  file.mean = reader.TakeHalves(vertices * 3);
  file.basis = reader.TakeHalves(components * vertices * 3);
  file.joint_mean = reader.Take<float>(bones * 3);
  file.joint_basis = reader.Take<float>(components * bones * 3);
  file.coefficients = reader.TakeHalves(samples * components);
  file.masculinity = reader.TakeHalves(samples);
  reader.Take<uint16_t>(texture_vertices * 2);
  file.quads = reader.Take<std::array<uint16_t, 4>>(quads);
  reader.Take<uint16_t>(quads * 4);
  file.quad_groups = reader.Take<uint8_t>(quads);
  ReadSkinning(reader, vertices, file);
  const std::vector<int8_t> parents = reader.Take<int8_t>(bones);
  file.parents.assign(parents.begin(), parents.end());
  for (std::vector<float>& mask : file.masks) {
    const std::vector<uint8_t> values = reader.Take<uint8_t>(vertices);
    mask.resize(values.size());
    for (size_t i = 0; i < values.size(); ++i) mask[i] = static_cast<float>(values[i]) / 255.0f;
  }
  if (reader.failed()) return Invalid("it ends too soon");
  ATELIER_RETURN_IF_ERROR(CheckIndices(file));
  file.bone_names = Lines(reader.left());
  if (file.bone_names.size() != bones) return Invalid("its bone names do not match its bones");
  return file;
}

Result<Bones> ResolveBones(const std::vector<std::string>& names) {
  std::unordered_map<std::string, int> index;
  for (size_t i = 0; i < names.size(); ++i) index.emplace(names[i], static_cast<int>(i));
  std::string missing;
  const auto find = [&](const std::string& name) {
    const auto it = index.find(name);
    if (it != index.end()) return it->second;
    missing = name;
    return 0;
  };
  Bones out;
  out.neck = find("neck_01");
  out.head = find("head");
  for (size_t i = 0; i < 3; ++i) out.spine[i] = find("spine_0" + std::to_string(i + 1));
  for (size_t side = 0; side < 2; ++side) {
    const std::string end = side == kLeft ? "_l" : "_r";
    out.clavicle[side] = find("clavicle" + end);
    out.upper_arm[side] = find("upperarm" + end);
    out.lower_arm[side] = find("lowerarm" + end);
    out.hand[side] = find("hand" + end);
    out.thigh[side] = find("thigh" + end);
    out.calf[side] = find("calf" + end);
    out.foot[side] = find("foot" + end);
    out.ball[side] = find("ball" + end);
    constexpr std::array<const char*, 4> kFingers = {"index_0", "middle_0", "ring_0", "pinky_0"};
    for (size_t f = 0; f < 4; ++f) {
      for (size_t k = 0; k < 3; ++k) {
        out.fingers[side][f][k] = find(kFingers[f] + std::to_string(k + 1) + end);
      }
    }
    find("thumb_03" + end);
  }
  if (!missing.empty()) return Invalid("it has no bone " + missing);
  return out;
}

Result<std::shared_ptr<const Body>> Body::Parse(std::span<const uint8_t> bytes) {
  ATELIER_ASSIGN_OR_RETURN(BodyFile file, ParseBodyFile(bytes));
  ATELIER_ASSIGN_OR_RETURN(const Bones bones, ResolveBones(file.bone_names));
  return std::make_shared<const Body>(std::move(file), bones);
}

Result<std::shared_ptr<const Body>> Body::Load(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return MakeError(Code::kNotFound, "BODY_FILE_NOT_FOUND", "cannot open " + path.string());
  }
  const std::vector<char> bytes((std::istreambuf_iterator<char>(in)),
                                std::istreambuf_iterator<char>());
  auto body = Parse({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  if (!body.has_value()) return Propagate(body.error(), path.string());
  return body;
}

}  // namespace atelier::people
