#include "picture/iuv_pixels.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/body.h"
#include "picture/files/png_rows.h"
#include "picture/picture_header.h"

namespace atelier {
namespace {

/// 8 bits widened to 16.
constexpr uint16_t kWidened = 257;
constexpr std::array<const char*, 3> kLetters = {"R", "G", "B"};

/// What a file's pixels hold, those of whole transparency left out.
struct IuvFacts {
  struct Channel {
    uint16_t largest = 0;
    bool MayBeParts() const { return largest > 0 && largest <= kBodyPartCount; }
  };
  PngFormat format;
  std::array<Channel, 3> channels;
  /// An alpha that is neither none nor whole.
  std::optional<uint16_t> odd_alpha;
  /// A 16-bit value that is no 8-bit value widened.
  std::optional<uint16_t> odd_value;

  /// What a stored value is divided by.
  uint16_t divisor = 1;

  uint16_t Largest() const {
    return std::max({channels[0].largest, channels[1].largest, channels[2].largest});
  }
};

void AddRow(const PngRow& row, IuvFacts& facts) {
  const auto count = static_cast<size_t>(facts.format.channels);
  const bool is_deep = facts.format.bit_depth == 16;
  const uint16_t opaque = is_deep ? 65535 : 255;
  std::array<uint16_t, 3> largest = {};
  const uint16_t* pixel = row.samples.data();
  const uint16_t* const end = pixel + row.samples.size();
  for (; pixel + count <= end; pixel += count) {
    if (count == 4 && pixel[3] == 0) continue;
    if (count == 4 && pixel[3] != opaque) facts.odd_alpha = pixel[3];
    for (size_t c = 0; c < 3; ++c) {
      largest[c] = std::max(largest[c], pixel[c]);
      // A multiple of 257 has two bytes that are the same.
      if (is_deep && pixel[c] >> 8 != (pixel[c] & 0xff)) facts.odd_value = pixel[c];
    }
  }
  for (size_t c = 0; c < 3; ++c) {
    facts.channels[c].largest = std::max(facts.channels[c].largest, largest[c]);
  }
}

Result<IuvFacts> ReadFacts(const IuvFile& file) {
  const std::optional<PngFormat> format = ReadPngFormat(file.png);
  if (!format) return InvalidField(file.field, "a PNG", "another file");
  if (format->channels < 3) {
    return InvalidField(file.field, "an RGB PNG with R = part, G = U, B = V",
                        std::to_string(format->channels) + " channels: grey");
  }
  IuvFacts facts{.format = *format};
  const auto read = ReadPngRows(file.png, [&](const PngRow& row) { AddRow(row, facts); });
  if (!read) return InvalidField(file.field, "a whole, decodable picture", read.error());
  return facts;
}

/// Which channel holds the parts.
size_t PartChannel(IuvOrder order) { return order == IuvOrder::kIuv ? 0 : 2; }

/// In which order the channels likely stand when they do not stand in `order`.
std::string Hint(const IuvFacts& facts, IuvOrder order) {
  const size_t other = 2 - PartChannel(order);
  if (facts.channels[other].MayBeParts()) {
    const std::string holds = std::string("; ") + kLetters[other] + " holds 0.." +
                              std::to_string(facts.channels[other].largest) +
                              ": the channels seem to stand as ";
    return order == IuvOrder::kIuv
               ? holds +
                     "V, U, part, as OpenCV writes them: say so with iuv_channels VUI "
                     "(--iuv-channels vui)"
               : holds + "part, U, V: say so with iuv_channels IUV (--iuv-channels iuv)";
  }
  if (!facts.channels[1].MayBeParts()) return {};
  return "; G holds 0.." + std::to_string(facts.channels[1].largest) +
         ": the parts seem to stand there, which no iuv_channels says: write part, U, V";
}

/// Sets the divisor, or says which rule the values break.
Status Judge(const IuvFile& file, IuvFacts& facts) {
  if (facts.odd_alpha) {
    return InvalidField(
        file.field, "an IUV picture without transparency, or with whole transparency as background",
        "an alpha of " + std::to_string(*facts.odd_alpha));
  }
  constexpr uint16_t kMost = 255;
  if (facts.Largest() > kMost && facts.odd_value) {
    return InvalidField(file.field,
                        "an IUV picture of 8-bit values; 16 bits may hold 0..255, or 257 times it",
                        std::to_string(*facts.odd_value) + " beside " +
                            std::to_string(facts.Largest()) + " in 16 bits");
  }
  if (facts.Largest() > kMost) {
    facts.divisor = kWidened;
    for (auto& channel : facts.channels) channel.largest /= kWidened;
  }
  const size_t parts = PartChannel(file.order);
  const std::string letter = kLetters[parts];
  if (facts.channels[parts].largest > kBodyPartCount) {
    return InvalidField(file.field, "an IUV picture with parts 0..24 in " + letter,
                        std::to_string(facts.channels[parts].largest) + Hint(facts, file.order));
  }
  if (facts.channels[parts].largest == 0) {
    return InvalidField(
        file.field, "an IUV picture with a body part, 1..24 in " + letter + ", somewhere",
        letter + " is 0 in all of " + std::to_string(facts.format.width) + " x " +
            std::to_string(facts.format.height) + " pixels" + Hint(facts, file.order));
  }
  if (std::max(facts.channels[1].largest, facts.channels[2 - parts].largest) == 1) {
    return InvalidField(file.field, "an IUV picture with U and V of 0..255",
                        "U and V of 0 and 1 alone: fractions that were cut to whole numbers, "
                        "perhaps; multiply them by 255 first");
  }
  return {};
}

}  // namespace

Status CheckIuvPixels(const IuvFile& file) {
  ATELIER_ASSIGN_OR_RETURN(IuvFacts facts, ReadFacts(file));
  return Judge(file, facts);
}

Result<Image> ReadIuvPixels(const IuvFile& file) {
  ATELIER_ASSIGN_OR_RETURN(IuvFacts facts, ReadFacts(file));
  ATELIER_RETURN_IF_ERROR(Judge(file, facts));
  const auto count = static_cast<size_t>(facts.format.channels);
  const size_t first = PartChannel(file.order);
  Image iuv(facts.format.height, facts.format.width, 3);
  const auto fill = [&](const PngRow& row) {
    int x = row.x;
    for (size_t at = 0; at + count <= row.samples.size(); at += count, x += row.x_step) {
      if (count == 4 && row.samples[at + 3] == 0) continue;
      uint8_t* const pixel = iuv.at(row.y, x);
      pixel[0] = static_cast<uint8_t>(row.samples[at + first] / facts.divisor);
      pixel[1] = static_cast<uint8_t>(row.samples[at + 1] / facts.divisor);
      pixel[2] = static_cast<uint8_t>(row.samples[at + 2 - first] / facts.divisor);
    }
  };
  const auto read = ReadPngRows(file.png, fill);
  if (!read) return InvalidField(file.field, "a whole, decodable picture", read.error());
  return iuv;
}

}  // namespace atelier
