#include "picture/files/hevc_size.h"

#include <string>

namespace atelier {
namespace {

/// The bytes without the threes that keep start codes out of them: 0 0 3 stands for 0 0. The size
/// is within the first `kMostBytes`.
std::string RawBytes(std::string_view nal) {
  constexpr size_t kMostBytes = 128;
  std::string raw;
  int zeros = 0;
  for (const char byte : nal.substr(0, kMostBytes)) {
    const bool inserted = zeros >= 2 && byte == 3;
    zeros = byte == 0 ? zeros + 1 : 0;
    if (!inserted) raw += byte;
  }
  return raw;
}

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Read(int count) {
    uint64_t value = 0;
    for (; count > 0; --count) value = value << 1 | ReadBit();
    return value;
  }

  /// An Exp-Golomb code, ue(v).
  uint64_t ReadCode() {
    int zeros = 0;
    while (ok_ && zeros < 32 && ReadBit() == 0) ++zeros;
    return (uint64_t{1} << zeros) - 1 + Read(zeros);
  }

  void Skip(int count) { Read(count); }
  bool ok() const { return ok_; }

 private:
  uint64_t ReadBit() {
    ok_ = ok_ && at_ / 8 < bytes_.size();
    if (!ok_) return 0;
    const auto byte = static_cast<uint8_t>(bytes_[at_ / 8]);
    const uint64_t bit = byte >> (7 - at_ % 8) & 1;
    ++at_;
    return bit;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

/// profile_tier_level(): what of HEVC is used, for the whole and for each sub-layer.
void SkipProfile(int sub_layers, BitReader& bits) {
  constexpr int kProfileBits = 88;
  constexpr int kLevelBits = 8;
  bits.Skip(kProfileBits + kLevelBits);
  const auto present = static_cast<uint32_t>(bits.Read(sub_layers > 0 ? 16 : 0));
  for (int i = 0; i < sub_layers; ++i) {
    if ((present >> (15 - 2 * i) & 1) != 0) bits.Skip(kProfileBits);
    if ((present >> (14 - 2 * i) & 1) != 0) bits.Skip(kLevelBits);
  }
}

}  // namespace

std::optional<int> HevcUnitType(std::string_view nal) {
  if (nal.size() < 2) return std::nullopt;
  return static_cast<uint8_t>(nal[0]) >> 1 & 63;
}

std::optional<HevcSize> ReadHevcSize(std::string_view nal) {
  const std::string raw = RawBytes(nal);
  BitReader bits(raw);
  constexpr int kUnitHeaderBits = 16;
  constexpr int kVideoParametersBits = 4;
  bits.Skip(kUnitHeaderBits + kVideoParametersBits);
  const int sub_layers = static_cast<int>(bits.Read(3));
  bits.Skip(1);
  if (sub_layers > 6) return std::nullopt;
  SkipProfile(sub_layers, bits);
  bits.ReadCode();  // The set's number.
  constexpr uint64_t kColourIn444 = 3;
  if (bits.ReadCode() == kColourIn444) bits.Skip(1);
  HevcSize size;
  size.width = bits.ReadCode();
  size.height = bits.ReadCode();
  if (!bits.ok()) return std::nullopt;
  return size;
}

}  // namespace atelier
