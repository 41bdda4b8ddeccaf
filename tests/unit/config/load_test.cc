#include "config/load.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "base/version.h"
#include "config/schema.h"
#include "config_messages.h"
#include "support/temp_dir.h"

namespace atelier::config {
namespace {

struct Loaded {
  v1::ServerConfig config;
  std::optional<int> exit_code;
  std::string out;
  std::string err;
};

using Variables = std::map<std::string, std::string>;

Loaded LoadServer(std::vector<const char*> flags, const Variables& variables = {}) {
  flags.insert(flags.begin(), "atelier-server");
  char *out = nullptr, *err = nullptr;
  size_t out_size = 0, err_size = 0;
  Program program{.name = "atelier-server",
                  .description = "A server.",
                  .environment =
                      [&](const char* name) {
                        const auto found = variables.find(name);
                        return found == variables.end() ? nullptr : found->second.c_str();
                      },
                  .out = ::open_memstream(&out, &out_size),
                  .err = ::open_memstream(&err, &err_size)};
  Loaded loaded;
  loaded.exit_code = Load(program, static_cast<int>(flags.size()), flags.data(), loaded.config);
  std::fclose(program.out);
  std::fclose(program.err);
  loaded.out.assign(out, out_size);
  loaded.err.assign(err, err_size);
  ::free(out);
  ::free(err);
  return loaded;
}

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) : path_((dir_.path() / "server.yaml").string()) {
    std::ofstream(path_) << text;
  }
  const char* path() const { return path_.c_str(); }

 private:
  const testing::TempDir dir_;
  const std::string path_;
};

}  // namespace

TEST_CASE("A flag wins over the environment, that over the file, that over the default",
          "[config]") {
  const ConfigFile file("data: from-file\nmax_queue: 2\nmax_attempts: 2\nlease_seconds: 2\n");
  const Loaded loaded = LoadServer({"--config", file.path(), "--lease-seconds", "4"},
                                   {{"ATELIER_MAX_ATTEMPTS", "3"}, {"ATELIER_LEASE_SECONDS", "3"}});
  INFO(loaded.err);
  REQUIRE_FALSE(loaded.exit_code.has_value());
  CHECK(loaded.config.data() == "from-file");
  CHECK(loaded.config.drain_seconds() == 10);
  CHECK(loaded.config.max_queue() == 2);
  CHECK(loaded.config.max_attempts() == 3);
  CHECK(loaded.config.lease_seconds() == 4);
}

TEST_CASE("A flag that is missing, unknown, doubled or out of its range ends the program",
          "[config]") {
  using Flags = std::vector<const char*>;
  const auto flags = GENERATE(values<Flags>({
      {},
      {"--data", ""},
      {"--data", "d", "--port", "1"},
      {"--data", "d", "--data", "e"},
      {"--data", "d", "--lease-seconds", "0"},
      {"--data", "d", "--lease-seconds", "soon"},
      {"--data", "d", "--max-queue", "0"},
      {"--data", "d", "--max-attempts", "-1"},
      {"--data", "d", "--log-level", "loud"},
      {"--data", "d", "--config", "/nonexistent.yaml"},
  }));
  const Loaded loaded = LoadServer(flags);
  CHECK(loaded.exit_code == kExitConfig);
  CHECK(loaded.err != "");
}

TEST_CASE("An error names where the wrong value was written", "[config]") {
  CHECK(LoadServer({"--data", "d", "--max-queue", "0"}).err ==
        "atelier-server: `--max-queue` must be a whole number from 1 to 10000000. Given: 0\n");
  CHECK(LoadServer({"--data", "d"}, {{"ATELIER_MAX_QUEUE", "x"}}).err ==
        "atelier-server: `ATELIER_MAX_QUEUE` must be a whole number from 1 to 10000000. "
        "Given: x\n");
  CHECK(LoadServer({}).err ==
        "atelier-server: `data` must be given (--data, ATELIER_DATA or a file). Given: nothing\n");
}

TEST_CASE("A variable that is set but empty counts as not set", "[config]") {
  const Loaded loaded = LoadServer({"--data", "d"}, {{"ATELIER_MAX_QUEUE", ""}});
  REQUIRE_FALSE(loaded.exit_code.has_value());
  CHECK(loaded.config.max_queue() == 10000);
}

TEST_CASE("The environment may name the file, and --config wins over it", "[config]") {
  const ConfigFile one("data: one\n");
  const ConfigFile two("data: two\n");
  CHECK(LoadServer({}, {{"ATELIER_CONFIG", one.path()}}).config.data() == "one");
  CHECK(LoadServer({"--config", two.path()}, {{"ATELIER_CONFIG", one.path()}}).config.data() ==
        "two");
}

TEST_CASE("The printed settings tell where each comes from and start the same server", "[config]") {
  const ConfigFile file("data: d\n");
  const Loaded printed = LoadServer({"--config", file.path(), "--max-queue", "7", "--print-config"},
                                    {{"ATELIER_MAX_ATTEMPTS", "5"}});
  CHECK(printed.exit_code == kExitOk);
  CHECK_THAT(printed.out, Catch::Contains("data: \"d\"  # " + std::string(file.path()) + ":1\n"));
  CHECK_THAT(printed.out, Catch::Contains("max_queue: 7  # --max-queue\n"));
  CHECK_THAT(printed.out, Catch::Contains("max_attempts: 5  # ATELIER_MAX_ATTEMPTS\n"));
  CHECK_THAT(printed.out, Catch::Contains("lease_seconds: 10  # default\n"));

  const ConfigFile again(printed.out);
  const Loaded loaded = LoadServer({"--config", again.path()});
  REQUIRE_FALSE(loaded.exit_code.has_value());
  CHECK(loaded.config.SerializeAsString() == printed.config.SerializeAsString());
}

TEST_CASE("Lists come from repeated flags or a variable with commas, and replace each other",
          "[config]") {
  const auto load = [](std::vector<const char*> flags) {
    v1::GenerationConfig config;
    flags.insert(flags.begin(), {"atelier-generation", "--server", "unix:/run/dispatch.sock"});
    const Program program{
        .name = "atelier-generation", .description = "", .environment = [](auto* name) {
          return std::string(name) == "ATELIER_MODEL" ? "a,b,c" : nullptr;
        }};
    CHECK_FALSE(Load(program, static_cast<int>(flags.size()), flags.data(), config).has_value());
    return std::vector<std::string>(config.model().begin(), config.model().end());
  };
  CHECK(load({}) == std::vector<std::string>{"a", "b", "c"});
  CHECK(load({"--model", "x", "--model", "y"}) == std::vector<std::string>{"x", "y"});
}

TEST_CASE("A setting that is true or false is true when its flag is given alone", "[config]") {
  CHECK_FALSE(LoadServer({"--data", "d"}).config.insecure());
  CHECK(LoadServer({"--data", "d", "--insecure"}).config.insecure());
  CHECK(LoadServer({"--insecure", "--data", "d"}).config.insecure());
  CHECK_FALSE(LoadServer({"--data", "d", "--insecure", "false"}).config.insecure());
  CHECK(LoadServer({"--data", "d"}, {{"ATELIER_INSECURE", "true"}}).config.insecure());
  CHECK(LoadServer({"--data", "d", "--insecure", "maybe"}).exit_code == kExitConfig);
}

TEST_CASE("Asking for help is no error, and shows every setting with its comment", "[config]") {
  const Loaded help = LoadServer({"--help"});
  CHECK(help.exit_code == kExitOk);
  for (const SettingInfo& setting : SettingsOf(*v1::ServerConfig::descriptor())) {
    CHECK_THAT(help.out, Catch::Contains(setting.flag()));
  }
  CHECK_THAT(help.out, Catch::Contains("Exit codes: 0"));
}

TEST_CASE("A studio's file gives a process its section, under its variables and flags",
          "[config]") {
  const ConfigFile file("server:\n  data: d\n  max_queue: 5\n  max_attempts: 7\npose: {}\n");
  const Variables variables = {{"ATELIER_MAX_ATTEMPTS", "8"}, {"ATELIER_CONFIG", "/nowhere"}};
  const Loaded loaded = LoadServer({"--studio-config", file.path(), "--data", "e"}, variables);
  INFO(loaded.err);
  REQUIRE_FALSE(loaded.exit_code.has_value());
  CHECK(loaded.config.max_queue() == 5);
  CHECK(loaded.config.max_attempts() == 8);
  CHECK(loaded.config.data() == "e");
  const Loaded both = LoadServer({"--studio-config", file.path(), "--config", file.path()});
  CHECK(both.exit_code == kExitConfig);
}

TEST_CASE("--version names the program and its version and starts nothing", "[config]") {
  const Loaded version = LoadServer({"--version"});
  CHECK(version.exit_code == kExitOk);
  CHECK(version.out == std::string("atelier-server ") + kVersion + "\n");
}

TEST_CASE("Whoever cannot start says why in one line, and its exit code whether to try again",
          "[config]") {
  const auto end = [](const Error& error) {
    char* text = nullptr;
    size_t size = 0;
    std::FILE* err = ::open_memstream(&text, &size);
    const int code = CannotStart("atelier-server", error, err);
    std::fclose(err);
    const std::string said(text, size);
    ::free(text);
    CHECK(said == "atelier-server: cannot start: why (" + error.reason + ")\n");
    return code;
  };
  CHECK(end({Code::kUnavailable, "ADDRESS_IN_USE", "why", ""}) == kExitTaken);
  CHECK(end({Code::kFailedPrecondition, "DATA_IN_USE", "why", ""}) == kExitTaken);
  CHECK(end({Code::kNotFound, "NO_SUCH_FILE", "why", ""}) == kExitConfig);
  CHECK(end({Code::kInvalidArgument, "BAD_JSON", "why", ""}) == kExitConfig);
  CHECK(end({Code::kInternal, "STORE", "why", ""}) == kExitFailed);
}

}  // namespace atelier::config
