#include "people/look/emblem.h"

#include <string_view>

#include "people/body/vec.h"

namespace atelier::people {
namespace {

constexpr int kGlyphRows = 7;
constexpr int kGlyphColumns = 5;

struct Glyph {
  char letter;
  std::array<uint8_t, kGlyphRows> rows;  // bit 4 is the leftmost column
};

constexpr std::array<Glyph, 33> kGlyphs = {{
    {'A', {0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11}},
    {'B', {0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E}},
    {'C', {0x0F, 0x10, 0x10, 0x10, 0x10, 0x10, 0x0F}},
    {'D', {0x1E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1E}},
    {'E', {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F}},
    {'F', {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x10}},
    {'G', {0x0F, 0x10, 0x10, 0x13, 0x11, 0x11, 0x0F}},
    {'H', {0x11, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11}},
    {'J', {0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0C}},
    {'K', {0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11}},
    {'L', {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1F}},
    {'M', {0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11}},
    {'N', {0x11, 0x19, 0x19, 0x15, 0x13, 0x13, 0x11}},
    {'P', {0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10}},
    {'R', {0x1E, 0x11, 0x11, 0x1E, 0x14, 0x12, 0x11}},
    {'S', {0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E}},
    {'T', {0x1F, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}},
    {'U', {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0E}},
    {'V', {0x11, 0x11, 0x11, 0x11, 0x0A, 0x0A, 0x04}},
    {'W', {0x11, 0x11, 0x11, 0x15, 0x15, 0x1B, 0x11}},
    {'X', {0x11, 0x11, 0x0A, 0x04, 0x0A, 0x11, 0x11}},
    {'Y', {0x11, 0x11, 0x0A, 0x04, 0x04, 0x04, 0x04}},
    {'Z', {0x1F, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1F}},
    {'0', {0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E}},
    {'1', {0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E}},
    {'2', {0x0E, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1F}},
    {'3', {0x1E, 0x01, 0x01, 0x0E, 0x01, 0x01, 0x1E}},
    {'4', {0x11, 0x11, 0x11, 0x1F, 0x01, 0x01, 0x01}},
    {'5', {0x1F, 0x10, 0x10, 0x1E, 0x01, 0x01, 0x1E}},
    {'6', {0x0E, 0x10, 0x10, 0x1E, 0x11, 0x11, 0x0E}},
    {'7', {0x1F, 0x01, 0x02, 0x02, 0x04, 0x04, 0x04}},
    {'8', {0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E}},
    {'9', {0x0E, 0x11, 0x11, 0x0F, 0x01, 0x01, 0x0E}},
}};

const Glyph* Find(char letter) {
  for (const Glyph& g : kGlyphs) {
    if (g.letter == letter) return &g;
  }
  return nullptr;
}

/// x and y in [-1, 1], y down.
bool InStar(float x, float y) {
  const float turn = (Atan2(x, -y) + kPi) / (2 * kPi) * 5 + 0.5f;
  const float t = std::fabs(Fraction(turn) - 0.5f) * 2;  // 0 at a point, 1 in a notch
  const float angle = t * kPi / 5;
  // The edge runs from the tip (radius .9) to the notch (radius .38).
  const float r = std::sqrt(x * x + y * y);
  const float px = r * Cos(angle), py = r * Sin(angle);
  const float nx = .38f * Cos(kPi / 5), ny = .38f * Sin(kPi / 5);
  return (nx - .9f) * py - ny * (px - .9f) >= 0;
}

bool InHeart(float x, float y) {
  // The sextic (x^2 + y^2 - 1)^3 = x^2 y^3, turned point down.
  const float u = x * 1.3f;
  const float v = .12f - y * 1.3f;
  const float r = u * u + v * v - 1;
  return r * r * r - u * u * v * v * v < 0;
}

bool InText(const std::string& text, float x, float y) {
  const auto letters = static_cast<float>(text.size());
  // Letters are 5 x 7 cells with a one-cell gap; the text fills the width, one letter the height.
  const float columns = letters * (kGlyphColumns + 1) - 1;
  const float cell = std::min(1.9f / columns, 1.9f / kGlyphRows);
  const int column = FloorToInt(x / cell + columns / 2);
  const int row = FloorToInt(y / cell + kGlyphRows / 2.0f);
  if (column < 0 || row < 0 || row >= kGlyphRows) return false;
  const auto letter = static_cast<size_t>(column / (kGlyphColumns + 1));
  const int bit = column % (kGlyphColumns + 1);
  if (letter >= text.size() || bit >= kGlyphColumns) return false;
  const Glyph* glyph = Find(text[letter]);
  return glyph != nullptr && ((glyph->rows[static_cast<size_t>(row)] >> (4 - bit)) & 1) != 0;
}

bool Inside(const Emblem& e, float x, float y) {
  switch (e.kind) {
    case EmblemKind::kDisc: {
      const float r = x * x + y * y;
      return r < .5f && (!e.hollow || r > .14f);
    }
    case EmblemKind::kStar:
      return InStar(x, y);
    case EmblemKind::kBar:
      return std::fabs(x) < .88f && std::fabs(y) < .25f;
    case EmblemKind::kTriangle:
      return y < .7f && std::fabs(x) < (y + .85f) * .55f;
    case EmblemKind::kHeart:
      return InHeart(x, y);
    case EmblemKind::kText:
      return InText(e.text, x, y);
  }
  return false;
}

}  // namespace

Emblem DrawEmblem(Random& random) {
  constexpr std::array<double, 6> kWeights = {.12, .12, .08, .1, .1, .48};
  Emblem e;
  e.kind = static_cast<EmblemKind>(Choose(random, kWeights));
  e.hollow = random.Chance(.5);
  const int letters = 1 + random.Index(3);
  for (int i = 0; i < letters; ++i) {
    e.text.push_back(kGlyphs[static_cast<size_t>(random.Index(kGlyphs.size()))].letter);
  }
  return e;
}

std::vector<uint8_t> RasteriseEmblem(const Emblem& emblem) {
  std::vector<uint8_t> out(static_cast<size_t>(kEmblemSize) * kEmblemSize, 0);
  for (int row = 0; row < kEmblemSize; ++row) {
    for (int column = 0; column < kEmblemSize; ++column) {
      const float x = (static_cast<float>(column) + .5f) / (kEmblemSize / 2.0f) - 1;
      const float y = (static_cast<float>(row) + .5f) / (kEmblemSize / 2.0f) - 1;
      out[static_cast<size_t>(row) * kEmblemSize + static_cast<size_t>(column)] =
          Inside(emblem, x, y) ? 1 : 0;
    }
  }
  return out;
}

}  // namespace atelier::people
