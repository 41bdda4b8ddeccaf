#include "picture/files/png_rows.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "picture/files/byte_order.h"
#include "picture/files/png_chunk.h"

namespace atelier {
namespace {

constexpr std::string_view kMagic("\x89PNG\r\n\x1a\n", 8);
constexpr size_t kFrameBytes = 12;
/// Magic, and IHDR with its frame: always the first chunk.
constexpr size_t kHeaderBytes = 8 + kFrameBytes + 13;
constexpr int kPaletteColour = 3;

using Failed = tl::unexpected<std::string>;

struct Chunk {
  std::string_view kind;
  std::string_view payload;
};

/// The chunk at `at`, which is moved behind it; nothing when it is cut off or damaged.
std::optional<Chunk> NextChunk(std::string_view png, size_t& at) {
  if (png.size() - at < kFrameBytes) return std::nullopt;
  const size_t length = BigEndian(png, at, 4);
  if (length > png.size() - at - kFrameBytes) return std::nullopt;
  const Chunk chunk{png.substr(at + 4, 4), png.substr(at + 8, length)};
  // Letters and payload are checked together.
  if (PngChecksum(png.substr(at + 4, 4 + length)) != BigEndian(png, at + 8 + length, 4)) {
    return std::nullopt;
  }
  at += kFrameBytes + length;
  return chunk;
}

/// IHDR's fields. REQUIRES: kHeaderBytes are there.
int ColourType(std::string_view png) { return static_cast<uint8_t>(png[25]); }
int StoredDepth(std::string_view png) { return static_cast<uint8_t>(png[24]); }
bool IsInterlaced(std::string_view png) { return png[28] != 0; }

/// The tables of a picture of palette colours.
struct Palette {
  std::string_view colours;
  std::string_view alphas;
};

Palette FindPalette(std::string_view png) {
  Palette palette;
  for (size_t at = kMagic.size(); const auto chunk = NextChunk(png, at);) {
    if (chunk->kind == "PLTE") palette.colours = chunk->payload;
    if (chunk->kind == "tRNS") palette.alphas = chunk->payload;
    if (chunk->kind == "IDAT" || chunk->kind == "IEND") break;
  }
  return palette;
}

/// The bytes that the IDAT chunks hold, unpacked as they are asked for.
class Unpacker {
 public:
  explicit Unpacker(std::string_view png) : png_(png), stream_(new z_stream{}) {
    good_ = inflateInit(stream_.get()) == Z_OK;
  }
  ~Unpacker() {
    if (good_) inflateEnd(stream_.get());
  }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  /// Fills `out`; false when there is not so much, or it is damaged.
  bool Read(std::span<uint8_t> out) {
    if (!good_) return false;
    stream_->next_out = out.data();
    stream_->avail_out = static_cast<uInt>(out.size());
    while (stream_->avail_out > 0) {
      if (stream_->avail_in == 0 && !NextData()) return false;
      const int status = inflate(stream_.get(), Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END) return false;
      if (status == Z_STREAM_END && stream_->avail_out > 0) return false;
    }
    return true;
  }

 private:
  bool NextData() {
    while (const auto chunk = NextChunk(png_, at_)) {
      if (chunk->kind == "IEND") return false;
      if (chunk->kind != "IDAT" || chunk->payload.empty()) continue;
      stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(chunk->payload.data()));
      stream_->avail_in = static_cast<uInt>(chunk->payload.size());
      return true;
    }
    return false;
  }

  const std::string_view png_;
  size_t at_ = kMagic.size();
  std::unique_ptr<z_stream> stream_;
  bool good_ = false;
};

/// What is left of a, above b and c, above and left: PNG's predictor of that name.
uint8_t Paeth(int a, int b, int c) {
  const int p = a + b - c;
  const int from_a = std::abs(p - a), from_b = std::abs(p - b), from_c = std::abs(p - c);
  if (from_a <= from_b && from_a <= from_c) return static_cast<uint8_t>(a);
  return static_cast<uint8_t>(from_b <= from_c ? b : c);
}

/// Undoes `filter` in `row`, whose pixels have `step` bytes; false for a filter that is none.
bool Unfilter(int filter, size_t step, std::span<const uint8_t> above, std::span<uint8_t> row) {
  if (filter > 4) return false;
  for (size_t i = 0; filter != 0 && i < row.size(); ++i) {
    const int left = i >= step ? row[i - step] : 0;
    const int corner = i >= step ? above[i - step] : 0;
    const int up = above[i];
    const int predicted = filter == 1   ? left
                          : filter == 2 ? up
                          : filter == 3 ? (left + up) / 2
                                        : Paeth(left, up, corner);
    row[i] = static_cast<uint8_t>(row[i] + predicted);
  }
  return true;
}

/// The sample `i` of a row of `depth` bits each.
uint16_t SampleAt(std::span<const uint8_t> row, size_t i, int depth) {
  if (depth == 8) return row[i];
  if (depth == 16) return static_cast<uint16_t>(row[2 * i] << 8 | row[2 * i + 1]);
  const size_t per_byte = 8 / static_cast<size_t>(depth);
  const size_t shift = 8 - static_cast<size_t>(depth) * (i % per_byte + 1);
  return static_cast<uint16_t>((row[i / per_byte] >> shift) & ((1 << depth) - 1));
}

/// Where the pixels of one pass lie in the picture.
struct Pass {
  int x, y, x_step, y_step;
};
constexpr std::array<Pass, 1> kWhole = {{{0, 0, 1, 1}}};
constexpr std::array<Pass, 7> kAdam7 = {{{0, 0, 8, 8},
                                         {4, 0, 8, 8},
                                         {0, 4, 4, 8},
                                         {2, 0, 4, 4},
                                         {0, 2, 2, 4},
                                         {1, 0, 2, 2},
                                         {0, 1, 1, 2}}};

class RowReader {
 public:
  RowReader(std::string_view png, const PngFormat& format)
      : format_(format),
        depth_(StoredDepth(png)),
        is_palette_(ColourType(png) == kPaletteColour),
        stored_channels_(is_palette_ ? 1 : format.channels),
        palette_(is_palette_ ? FindPalette(png) : Palette{}),
        unpacker_(png) {}

  tl::expected<void, std::string> Read(const Pass& pass,
                                       const std::function<void(const PngRow&)>& on_row) {
    if (format_.width <= pass.x) return {};
    const size_t width = static_cast<size_t>((format_.width - pass.x - 1) / pass.x_step) + 1;
    const size_t bits = static_cast<size_t>(stored_channels_) * static_cast<size_t>(depth_);
    const size_t step = std::max<size_t>(1, bits / 8);
    std::vector<uint8_t> above((width * bits + 7) / 8);
    // In front of each row stands its filter.
    std::vector<uint8_t> bytes(1 + above.size());
    for (int y = pass.y; y < format_.height; y += pass.y_step) {
      if (!unpacker_.Read(bytes)) return Failed("pixels that end too early or are damaged");
      const std::span<uint8_t> row = std::span(bytes).subspan(1);
      if (!Unfilter(bytes[0], step, above, row)) return Failed("a row of an unknown filter");
      if (!Expand(row, width)) return Failed("a colour that its palette lacks");
      on_row({y, pass.x, pass.x_step, samples_});
      std::copy(row.begin(), row.end(), above.begin());
    }
    return {};
  }

 private:
  /// A row of stored samples into samples_.
  bool Expand(std::span<const uint8_t> row, size_t width) {
    if (is_palette_) return ExpandPalette(row, width);
    samples_.resize(width * static_cast<size_t>(stored_channels_));
    uint16_t* const out = samples_.data();
    // Written out for the two depths that nearly all files have: a row is millions of samples.
    if (depth_ == 8) {
      for (size_t i = 0; i < samples_.size(); ++i) out[i] = row[i];
    } else if (depth_ == 16) {
      for (size_t i = 0; i < samples_.size(); ++i) {
        out[i] = static_cast<uint16_t>(row[2 * i] << 8 | row[2 * i + 1]);
      }
    } else {
      for (size_t i = 0; i < samples_.size(); ++i) out[i] = SampleAt(row, i, depth_);
    }
    return true;
  }

  /// False for a colour that the palette lacks.
  bool ExpandPalette(std::span<const uint8_t> row, size_t width) {
    samples_.clear();
    for (size_t i = 0; i < width; ++i) {
      const size_t index = SampleAt(row, i, depth_);
      if (3 * index + 2 >= palette_.colours.size()) return false;
      for (size_t c = 0; c < 3; ++c) {
        samples_.push_back(static_cast<uint8_t>(palette_.colours[3 * index + c]));
      }
      if (format_.channels < 4) continue;
      const bool stated = index < palette_.alphas.size();
      samples_.push_back(stated ? static_cast<uint8_t>(palette_.alphas[index]) : 255);
    }
    return true;
  }

  const PngFormat format_;
  const int depth_;
  const bool is_palette_;
  const int stored_channels_;
  const Palette palette_;
  Unpacker unpacker_;
  std::vector<uint16_t> samples_;
};

}  // namespace

std::optional<PngFormat> ReadPngFormat(std::string_view png) {
  if (!png.starts_with(kMagic) || png.size() < kHeaderBytes || png.substr(12, 4) != "IHDR") {
    return std::nullopt;
  }
  // Channels and the depths that exist, by colour type.
  constexpr std::array<std::pair<int, std::string_view>, 7> kTypes = {{{1, "\1\2\4\10\20"},
                                                                       {0, ""},
                                                                       {3, "\10\20"},
                                                                       {3, "\1\2\4\10"},
                                                                       {2, "\10\20"},
                                                                       {0, ""},
                                                                       {4, "\10\20"}}};
  const auto type = static_cast<size_t>(ColourType(png));
  const bool known =
      type < kTypes.size() && kTypes[type].second.find(png[24]) != std::string_view::npos;
  const uint64_t width = BigEndian(png, 16, 4), height = BigEndian(png, 20, 4);
  constexpr uint64_t kLongest = 0x7fffffff;
  if (!known || width == 0 || height == 0 || width > kLongest || height > kLongest) {
    return std::nullopt;
  }
  PngFormat format{static_cast<int>(height), static_cast<int>(width), StoredDepth(png),
                   kTypes[type].first};
  if (type == kPaletteColour) {
    format.bit_depth = 8;
    if (!FindPalette(png).alphas.empty()) format.channels = 4;
  }
  return format;
}

tl::expected<void, std::string> ReadPngRows(std::string_view png,
                                            const std::function<void(const PngRow&)>& on_row) {
  const std::optional<PngFormat> format = ReadPngFormat(png);
  if (!format) return Failed("no header of a PNG");
  RowReader reader(png, *format);
  const std::span<const Pass> passes =
      IsInterlaced(png) ? std::span<const Pass>(kAdam7) : std::span<const Pass>(kWhole);
  for (const Pass& pass : passes) {
    if (auto read = reader.Read(pass, on_row); !read) return read;
  }
  return {};
}

}  // namespace atelier
