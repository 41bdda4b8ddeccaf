#include "server/config.h"

#include <CLI/CLI.hpp>

namespace atelier::server {

std::optional<Config> ParseConfig(int argc, const char* const* argv, int& exit_code) {
  Config config;
  CLI::App app("atelier-server: the public API, the durable queue and the workers' dispatch",
               "atelier-server");
  app.add_option("--listen", config.listen, "host:port of the gRPC API; port 0: any free one")
      ->capture_default_str();
  app.add_option("--metrics-listen", config.metrics_listen,
                 "host:port of GET /metrics; port 0: any free one")
      ->capture_default_str();
  app.add_option("--data", config.data, "Folder of jobs and pictures; one server at a time")
      ->required();
  app.add_option("--pose", config.pose, "host:port of atelier-pose")->capture_default_str();
  app.add_option("--region", config.region, "host:port of atelier-region")->capture_default_str();
  app.add_option("--default-model", config.default_model, "Model of requests that name none")
      ->capture_default_str();
  app.add_option("--lease-seconds", config.lease_seconds,
                 "How long a job stays with a silent worker")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option("--max-queue", config.max_queue, "Jobs that may wait")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--max-attempts", config.max_attempts,
                 "Attempts before a lost worker fails the job")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--drain-seconds", config.drain_seconds,
                 "How long running jobs may still end after SIGTERM")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--log-level", config.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  // Seam: CLI11 throws to end the program.
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error);
    return std::nullopt;
  }
  return config;
}

}  // namespace atelier::server
