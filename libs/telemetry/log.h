// Structured log lines on stderr: `time level process key=value... message`.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

namespace atelier::telemetry {

/// Names the process in every line and sets the level ("debug", "info", "warn", "error"). Call once
/// at the start of main().
void SetUpLog(const std::string& process, const std::string& level = "info");

}  // namespace atelier::telemetry
