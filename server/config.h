// The server's settings, each a flag.
#pragma once

#include <optional>
#include <string>

namespace atelier::server {

struct Config {
  /// host:port of the gRPC API; port 0 takes any free one.
  std::string listen = "127.0.0.1:7460";
  /// host:port of GET /metrics; port 0 takes any free one.
  std::string metrics_listen = "127.0.0.1:7461";
  /// Folder of jobs and pictures. One server at a time may use it.
  std::string data;
  /// Addresses of the workers that answer PoseService and RegionService.
  std::string pose = "127.0.0.1:7462";
  std::string region = "127.0.0.1:7464";
  /// The {model} of `models/{model}` that requests without a model mean.
  std::string default_model = "atelier-mini";
  /// Seconds a lease lives without a heartbeat. Longer forgives stalls; a lost worker's jobs wait
  /// as much longer.
  double lease_seconds = 10;
  /// Jobs that may wait. One more is refused with RESOURCE_EXHAUSTED.
  int max_queue = 10000;
  /// Attempts before a lost worker or a retryable failure fails a job.
  int max_attempts = 3;
  /// Seconds that running jobs get to end after SIGTERM.
  double drain_seconds = 10;
  /// "debug", "info", "warn" or "error".
  std::string log_level = "info";
};

/// Reads the command line. Nothing when the process must end at once with `exit_code` (--help, or a
/// wrong flag; said on the standard streams).
std::optional<Config> ParseConfig(int argc, const char* const* argv, int& exit_code);

}  // namespace atelier::server
