#include "base/backoff.h"

#include <catch2/catch.hpp>
#include <set>

namespace atelier {

using std::chrono::milliseconds;

TEST_CASE("Delays double up to the longest and start again after a success", "[backoff]") {
  Backoff backoff({.min = milliseconds(100), .max = milliseconds(350), .lowest_share = 1});
  for (int round = 0; round < 2; ++round) {
    CHECK(backoff.Next() == milliseconds(100));
    CHECK(backoff.Next() == milliseconds(200));
    CHECK(backoff.Next() == milliseconds(350));
    CHECK(backoff.Next() == milliseconds(350));
    backoff.Reset();
  }
}

TEST_CASE("Processes that lost their peer together do not come back in step", "[backoff]") {
  std::set<milliseconds> drawn;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Backoff backoff({.min = milliseconds(1000), .max = milliseconds(8000)}, seed);
    for (int ceiling = 1000; ceiling <= 8000; ceiling *= 2) {
      const milliseconds delay = backoff.Next();
      CHECK(delay >= milliseconds(ceiling / 2));
      CHECK(delay <= milliseconds(ceiling));
      if (ceiling == 8000) drawn.insert(delay);
    }
  }
  CHECK(drawn.size() > 15);
}

TEST_CASE("A first delay above the longest is cut", "[backoff]") {
  Backoff backoff({.min = milliseconds(500), .max = milliseconds(5), .lowest_share = 1});
  CHECK(backoff.Next() == milliseconds(5));
}

}  // namespace atelier
