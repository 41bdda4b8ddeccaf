#include "server/data_lock.h"

#include <catch2/catch.hpp>

#include "support/temp_dir.h"

namespace atelier::server {

TEST_CASE("A second server on one data folder refuses to start and says why", "[lock]") {
  const testing::TempDir dir;
  auto first = DataLock::Take(dir.path() / "data");
  REQUIRE(first.has_value());
  const auto second = DataLock::Take(dir.path() / "data");
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().reason == "DATA_IN_USE");
  CHECK_THAT(second.error().message, Catch::Contains("another atelier-server uses"));
  CHECK(DataLock::Take(dir.path() / "other").has_value());

  first->reset();
  CHECK(DataLock::Take(dir.path() / "data").has_value());
}

TEST_CASE("A data folder that cannot be made is refused", "[lock]") {
  const auto lock = DataLock::Take("/proc/no/such/folder");
  REQUIRE_FALSE(lock.has_value());
  CHECK(lock.error().reason == "DATA_UNUSABLE");
}

}  // namespace atelier::server
