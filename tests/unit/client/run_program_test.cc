#include "client/supervisor/run_program.h"

#include <catch2/catch.hpp>
#include <csignal>

namespace atelier::supervisor {

TEST_CASE("A program's output, its errors and its exit code are told apart", "[supervisor]") {
  const auto output = RunProgram({"/bin/sh", "-c", "echo one; echo two >&2; echo three; exit 3"});
  REQUIRE(output.has_value());
  CHECK(output->out == "one\nthree\n");
  CHECK(output->err == "two\n");
  CHECK(output->status.code == 3);
}

TEST_CASE(
    "A program that prints much, that is killed or that is not there does not hang its caller",
    "[supervisor]") {
  const auto much = RunProgram({"/bin/sh", "-c", "seq 200000"});
  REQUIRE(much.has_value());
  CHECK(much->out.ends_with("\n200000\n"));
  const auto killed = RunProgram({"/bin/sh", "-c", "kill -9 $$"});
  REQUIRE(killed.has_value());
  CHECK(killed->status.signal == SIGKILL);
  CHECK(RunProgram({"/nowhere/program"}).error().code == Code::kNotFound);
}

}  // namespace atelier::supervisor
