// Server-made identifiers: 128 random bits in lower-case base 32, time-ordered to the millisecond.
#pragma once

#include <string>

namespace atelier {

/// 26 characters of [0-9a-v]; sorts by creation time. Thread-safe.
std::string NewId();

}  // namespace atelier
