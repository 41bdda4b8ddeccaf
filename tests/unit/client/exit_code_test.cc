#include "client/cli/exit_code.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <sstream>

#include "client/local_file.h"
#include "client/sendable.h"

namespace atelier::cli {
namespace {

ExitCode Of(Code code) {
  return ExitCodeOf({.code = code, .reason = "R", .message = "m", .field = ""});
}

}  // namespace

TEST_CASE("A refusal, a failed job and a dead server exit differently", "[cli]") {
  CHECK(Of(Code::kInvalidArgument) == ExitCode::kRefused);
  CHECK(Of(Code::kNotFound) == ExitCode::kRefused);
  CHECK(Of(Code::kAlreadyExists) == ExitCode::kRefused);
  CHECK(Of(Code::kAborted) == ExitCode::kJobFailed);
  CHECK(Of(Code::kCancelled) == ExitCode::kJobFailed);
  CHECK(Of(Code::kUnavailable) == ExitCode::kUnreachable);
  CHECK(Of(Code::kDeadlineExceeded) == ExitCode::kUnreachable);
}

TEST_CASE("A wrong argument is wrong usage, and a studio that cannot start has a code of its own",
          "[cli]") {
  CHECK(ExitCodeOf(client::BadArgument("tenant", "short", "long").value()) == ExitCode::kUsage);
  CHECK(ExitCodeOf({Code::kFailedPrecondition, "CANNOT_START", "m", ""}) == ExitCode::kCannotStart);
  CHECK(ExitCodeOf({Code::kFailedPrecondition, "CRASH_LOOP", "m", ""}) == ExitCode::kCannotStart);
}

TEST_CASE("No error ever exits with success", "[cli]") {
  for (int code = 1; code <= 16; ++code) {
    CHECK(Of(static_cast<Code>(code)) != ExitCode::kOk);
    CHECK(Of(static_cast<Code>(code)) != ExitCode::kUsage);
  }
}

TEST_CASE("Every exit code is in --help and in the docs", "[cli]") {
  std::ifstream file(std::string(ATELIER_SOURCE_DIR) + "/docs/operations.md");
  const std::string docs{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::istringstream lines(ExitCodeHelp());
  int code = 0;
  for (std::string line; std::getline(lines, line); ++code) {
    INFO(line);
    CHECK(line.starts_with(std::to_string(code) + "  "));
    CHECK_THAT(docs, Catch::Contains("| " + line.substr(0, 1) + " | " + line.substr(3) + " |"));
  }
  CHECK(code == static_cast<int>(ExitCode::kCannotStart) + 1);
}

TEST_CASE("A missing local file is told from a thing the server does not find", "[cli]") {
  const auto bytes = client::ReadFile("/nonexistent/person.png");
  REQUIRE_FALSE(bytes.has_value());
  CHECK(bytes.error().code == Code::kNotFound);
  CHECK(ExitCodeOf(bytes.error()) == ExitCode::kLocalFile);
}

}  // namespace atelier::cli
