#include "base/random_bytes.h"

#include <catch2/catch.hpp>
#include <set>

namespace atelier {

TEST_CASE("Random bytes come in the number that was asked for, and no two draws are alike",
          "[base]") {
  for (const size_t count : {0, 1, 16, 256}) CHECK(RandomBytes(count).size() == count);
  std::set<std::string> drawn;
  std::set<uint64_t> bits;
  for (int i = 0; i < 1000; ++i) {
    drawn.insert(RandomBytes(16));
    bits.insert(RandomBits());
  }
  CHECK(drawn.size() == 1000);
  CHECK(bits.size() == 1000);
}

}  // namespace atelier
