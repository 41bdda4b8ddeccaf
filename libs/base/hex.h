// Bytes as lower-case hexadecimal digits and back: digests, trace ids, tokens.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace atelier {

/// Two digits of [0-9a-f] a byte.
std::string ToHex(std::span<const uint8_t> bytes);

/// Whether `text` is made of [0-9a-f] alone; an empty one is.
bool IsHex(std::string_view text);

/// Fills `bytes` from two digits each. REQUIRES: IsHex(digits), two digits a byte.
void FromHex(std::string_view digits, std::span<uint8_t> bytes);

}  // namespace atelier
