#include "base/hex.h"

#include <array>
#include <catch2/catch.hpp>
#include <numeric>

namespace atelier {

TEST_CASE("Every byte comes back from its two lower-case digits", "[hex]") {
  std::array<uint8_t, 256> bytes;
  std::iota(bytes.begin(), bytes.end(), 0);
  const std::string digits = ToHex(bytes);
  CHECK(digits.substr(0, 8) == "00010203");
  CHECK(digits.substr(504) == "fcfdfeff");
  CHECK(IsHex(digits));
  std::array<uint8_t, 256> back{};
  FromHex(digits, back);
  CHECK(back == bytes);
}

TEST_CASE("Capitals, signs and letters behind f are no digits", "[hex]") {
  CHECK(IsHex("0123456789abcdef"));
  CHECK(IsHex(""));
  for (const char* text : {"A", "g", "0x1", "-1", "1 ", "`", "/", ":"}) {
    INFO(text);
    CHECK_FALSE(IsHex(text));
  }
}

}  // namespace atelier
