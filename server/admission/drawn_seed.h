// The seed of a job whose client gave none.
#pragma once

#include <cstdint>

#include "base/random_bytes.h"

namespace atelier::server {

/// 53 random bits: a seed that JSON readers hold exactly.
inline uint64_t DrawSeed() { return RandomBits() >> 11; }

}  // namespace atelier::server
