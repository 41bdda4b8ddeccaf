#include "server/storage/data_lock.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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

TEST_CASE("The lock of a server that was killed holds nobody up", "[lock]") {
  const testing::TempDir dir;
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = DataLock::Take(dir.path() / "data");
    const char held = lock.has_value() ? 'y' : 'n';
    (void)!write(ready[1], &held, 1);
    pause();
    _exit(0);
  }
  char held = '?';
  REQUIRE(read(ready[0], &held, 1) == 1);
  CHECK(held == 'y');
  CHECK(DataLock::Take(dir.path() / "data").error().reason == "DATA_IN_USE");
  REQUIRE(kill(child, SIGKILL) == 0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  CHECK(DataLock::Take(dir.path() / "data").has_value());
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("A data folder that cannot be made is refused", "[lock]") {
  const auto lock = DataLock::Take("/proc/no/such/folder");
  REQUIRE_FALSE(lock.has_value());
  CHECK(lock.error().reason == "DATA_UNUSABLE");
}

}  // namespace atelier::server
