#include "unit/picture/made_png.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "picture/files/byte_order.h"
#include "picture/files/png_chunk.h"

namespace atelier {
namespace {

struct Pass {
  int x, y, x_step, y_step;
};

std::vector<Pass> PassesOf(const MadePng& picture) {
  if (!picture.interlaced) return {{0, 0, 1, 1}};
  return {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
          {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
}

int ChannelsOf(const MadePng& picture) {
  constexpr std::array<int, 7> kChannels = {1, 0, 3, 1, 2, 0, 4};
  return kChannels[static_cast<size_t>(picture.colour_type)];
}

std::string PackedRow(const MadePng& picture, const Pass& pass, int y) {
  const int channels = ChannelsOf(picture), depth = picture.bit_depth;
  std::string row;
  int filled = 8;
  for (int x = pass.x; x < picture.width; x += pass.x_step) {
    for (int c = 0; c < channels; ++c) {
      const uint16_t sample =
          picture.samples[static_cast<size_t>((y * picture.width + x) * channels + c)];
      if (depth >= 8) {
        AppendBigEndian(sample, depth / 8, row);
        continue;
      }
      if (filled == 8) row += '\0', filled = 0;
      row.back() = static_cast<char>(row.back() | (sample << (8 - depth - filled)));
      filled += depth;
    }
  }
  return row;
}

int Predicted(int filter, int left, int up, int corner) {
  if (filter == 1) return left;
  if (filter == 2) return up;
  if (filter == 3) return (left + up) / 2;
  const int p = left + up - corner;
  const int by_left = std::abs(p - left), by_up = std::abs(p - up),
            by_corner = std::abs(p - corner);
  if (by_left <= by_up && by_left <= by_corner) return left;
  return by_up <= by_corner ? up : corner;
}

std::string Filtered(int filter, size_t step, const std::string& above, const std::string& row) {
  std::string out(1, static_cast<char>(filter));
  const auto at = [](const std::string& bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); };
  for (size_t i = 0; i < row.size(); ++i) {
    const int left = i >= step ? at(row, i - step) : 0;
    const int corner = i >= step ? at(above, i - step) : 0;
    const int taken = filter == 0 ? 0 : Predicted(filter, left, at(above, i), corner);
    out += static_cast<char>(at(row, i) - taken);
  }
  return out;
}

std::string RowsOf(const MadePng& picture) {
  const size_t bits = static_cast<size_t>(ChannelsOf(picture) * picture.bit_depth);
  const size_t step = std::max<size_t>(1, bits / 8);
  std::string rows;
  for (const Pass& pass : PassesOf(picture)) {
    if (pass.x >= picture.width) continue;
    int filter = 0;
    std::string above;
    for (int y = pass.y; y < picture.height; y += pass.y_step) {
      const std::string row = PackedRow(picture, pass, y);
      above.resize(row.size());
      rows += Filtered(filter++ % 5, step, above, row);
      above = row;
    }
  }
  return rows;
}

std::string Compressed(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  out.resize(size);
  return out;
}

}  // namespace

std::string MakePng(const MadePng& picture) {
  std::string header;
  AppendBigEndian(static_cast<uint64_t>(picture.width), 4, header);
  AppendBigEndian(static_cast<uint64_t>(picture.height), 4, header);
  header += static_cast<char>(picture.bit_depth);
  header += static_cast<char>(picture.colour_type);
  header.append(2, '\0');
  header += picture.interlaced ? '\1' : '\0';
  std::string png("\x89PNG\r\n\x1a\n", 8);
  AppendPngChunk("IHDR", header, png);
  if (!picture.palette.empty()) AppendPngChunk("PLTE", picture.palette, png);
  if (!picture.alphas.empty()) AppendPngChunk("tRNS", picture.alphas, png);
  const std::string data = Compressed(RowsOf(picture));
  // In two chunks, of which decoders make one stream.
  AppendPngChunk("IDAT", data.substr(0, data.size() / 2), png);
  AppendPngChunk("IDAT", data.substr(data.size() / 2), png);
  AppendPngChunk("IEND", "", png);
  return png;
}

std::string MakePngOf(int height, int width, uint8_t red, uint8_t green, uint8_t blue) {
  MadePng picture{.height = height, .width = width};
  for (int i = 0; i < height * width; ++i) {
    picture.samples.insert(picture.samples.end(), {red, green, blue});
  }
  return MakePng(picture);
}

}  // namespace atelier
