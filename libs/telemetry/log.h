// Structured log lines on stderr. As text: `time level process [trace=... request=...] key=value...
// message`; as JSON: one object a line with the same parts. trace and request are those of the call
// that the logging thread serves (telemetry/trace.h).
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace atelier::telemetry {

/// Names the process in every line and sets the level ("debug", "info", "warn", "error") and the
/// format ("text", "json"). From now on a reader of stdout or stderr that goes away ends nothing.
/// Call once at the start of main().
void SetUpLog(const std::string& process, const std::string& level = "info",
              const std::string& format = "text");

/// What SetUpLog() formats lines with; the process is the logger's name.
std::unique_ptr<spdlog::formatter> MakeLogFormatter(const std::string& format);

}  // namespace atelier::telemetry
