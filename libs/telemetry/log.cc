#include "telemetry/log.h"

#include <fmt/chrono.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>
#include <csignal>
#include <utility>

#include "telemetry/trace.h"

namespace atelier::telemetry {
namespace {

std::string_view View(spdlog::string_view_t text) { return {text.data(), text.size()}; }

/// "2026-01-31T12:00:00.123Z"
std::string TimeOf(spdlog::log_clock::time_point time) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(spdlog::log_clock::to_time_t(time)),
                     milliseconds);
}

void AppendEscaped(std::string_view text, std::string& line) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20) {
      line += fmt::format("\\u{:04x}", byte);
    } else {
      line += c;
    }
  }
}

/// One line of text must stay one: what comes from a client may hold any character.
void AppendOneLine(std::string_view text, std::string& line) {
  for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
}

/// The 32 digits inside a traceparent.
std::string TraceIdOf(const CallIds& call) {
  const auto trace = ParseTraceparent(call.traceparent);
  return trace ? trace->trace_id : std::string();
}

class TextFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line =
        fmt::format("{} {} {}", TimeOf(message.time),
                    View(spdlog::level::to_string_view(message.level)), View(message.logger_name));
    const CallIds& call = CurrentCall();
    if (const std::string trace = TraceIdOf(call); !trace.empty()) line += " trace=" + trace;
    if (!call.request_id.empty()) line += " request=" + call.request_id;
    line += ' ';
    AppendOneLine(View(message.payload), line);
    line += '\n';
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>();
  }
};

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line = "{";
    Add("time", TimeOf(message.time), line);
    Add("level", View(spdlog::level::to_string_view(message.level)), line);
    Add("process", View(message.logger_name), line);
    const CallIds& call = CurrentCall();
    Add("trace", TraceIdOf(call), line);
    Add("request", call.request_id, line);
    Add("message", View(message.payload), line);
    line += "}\n";
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }

 private:
  static void Add(std::string_view key, std::string_view value, std::string& line) {
    if (value.empty()) return;
    if (line.size() > 1) line += ',';
    line += '"';
    line += key;
    line += "\":\"";
    AppendEscaped(value, line);
    line += '"';
  }
};

}  // namespace

std::unique_ptr<spdlog::formatter> MakeLogFormatter(const std::string& format) {
  if (format == "json") return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>();
}

void SetUpLog(const std::string& process, const std::string& level, const std::string& format) {
  // A reader of the log that goes away (`... | head`) costs the log and not the process.
  std::signal(SIGPIPE, SIG_IGN);
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>(process, std::move(sink));
  logger->set_formatter(MakeLogFormatter(format));
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace atelier::telemetry
