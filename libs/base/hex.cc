#include "base/hex.h"

namespace atelier {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int Nibble(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

}  // namespace

std::string ToHex(std::span<const uint8_t> bytes) {
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    digits += kDigits[byte >> 4];
    digits += kDigits[byte & 15];
  }
  return digits;
}

bool IsHex(std::string_view text) {
  return text.find_first_not_of(kDigits) == std::string_view::npos;
}

void FromHex(std::string_view digits, std::span<uint8_t> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(Nibble(digits[2 * i]) << 4 | Nibble(digits[2 * i + 1]));
  }
}

}  // namespace atelier
