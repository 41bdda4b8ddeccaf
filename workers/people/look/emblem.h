// Emblem: a shape or one to three letters printed on a garment.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"

namespace atelier::people {

enum class EmblemKind { kDisc, kStar, kBar, kTriangle, kHeart, kText };

struct Emblem {
  EmblemKind kind = EmblemKind::kDisc;
  bool hollow = false;
  std::string text;  // capitals and digits
  bool operator==(const Emblem&) const = default;
};

inline constexpr int kEmblemSize = 96;

Emblem DrawEmblem(Random& random);

/// [96, 96], row 0 on top; 1 = printed.
std::vector<uint8_t> RasteriseEmblem(const Emblem& emblem);

}  // namespace atelier::people
