#include "server/config.h"

#include <catch2/catch.hpp>
#include <vector>

namespace atelier::server {
namespace {

struct Parsed {
  std::optional<Config> config;
  int exit_code = 0;
};

Parsed Parse(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "atelier-server");
  Parsed parsed;
  parsed.config = ParseConfig(static_cast<int>(flags.size()), flags.data(), parsed.exit_code);
  return parsed;
}

}  // namespace

TEST_CASE("A flag that is missing, unknown or out of its range ends the program", "[config]") {
  using Flags = std::vector<const char*>;
  const auto flags = GENERATE(values<Flags>({
      {},
      {"--data", "d", "--port", "1"},
      {"--data", "d", "--lease-seconds", "0"},
      {"--data", "d", "--lease-seconds", "soon"},
      {"--data", "d", "--max-queue", "0"},
      {"--data", "d", "--max-attempts", "-1"},
      {"--data", "d", "--log-level", "loud"},
  }));
  const Parsed parsed = Parse(flags);
  CHECK_FALSE(parsed.config.has_value());
  CHECK(parsed.exit_code != 0);
}

TEST_CASE("Flags that are not given keep their defaults", "[config]") {
  const Parsed parsed = Parse({"--data", "d", "--listen", "127.0.0.1:0", "--lease-seconds", "0.5"});
  REQUIRE(parsed.config.has_value());
  CHECK(parsed.config->data == "d");
  CHECK(parsed.config->listen == "127.0.0.1:0");
  CHECK(parsed.config->lease_seconds == 0.5);
  CHECK(parsed.config->max_queue == 10000);
  CHECK(parsed.config->default_model == "atelier-mini");
}

TEST_CASE("Asking for help is no error", "[config]") {
  const Parsed parsed = Parse({"--help"});
  CHECK_FALSE(parsed.config.has_value());
  CHECK(parsed.exit_code == 0);
}

}  // namespace atelier::server
