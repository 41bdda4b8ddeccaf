#include "base/ids.h"

#include <catch2/catch.hpp>
#include <set>

namespace atelier {

TEST_CASE("Ids made in a row differ and never sort before an older millisecond", "[base]") {
  std::set<std::string> ids;
  std::string last_time;
  for (int i = 0; i < 10000; ++i) {
    const std::string id = NewId();
    REQUIRE(id.size() == 26);
    REQUIRE(id.find_first_not_of("0123456789abcdefghijklmnopqrstuv") == std::string::npos);
    // The first nine digits hold nothing but time.
    const std::string time = id.substr(0, 9);
    REQUIRE(time >= last_time);
    last_time = time;
    ids.insert(id);
  }
  CHECK(ids.size() == 10000);
}

}  // namespace atelier
