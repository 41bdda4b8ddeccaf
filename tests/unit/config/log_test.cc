#include "telemetry/log.h"

#include <spdlog/sinks/ostream_sink.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "telemetry/trace.h"

namespace atelier::telemetry {
namespace {

/// The lines that a process "atelier-x" writes for `message`.
std::string Logged(const std::string& format, const std::string& message) {
  std::ostringstream out;
  spdlog::logger logger("atelier-x", std::make_shared<spdlog::sinks::ostream_sink_st>(out));
  logger.set_formatter(MakeLogFormatter(format));
  logger.warn("{}", message);
  return out.str();
}

const Traceparent kTrace{"4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"};

}  // namespace

TEST_CASE("A text line says time, level, process and message, and the call when there is one",
          "[log]") {
  const std::string plain = Logged("text", "port=1 ready");
  CHECK_THAT(plain, Catch::Matches(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning atelier-x )"
                                   "port=1 ready\n"));
  const CallScope scope({kTrace.ToString(), "r-1"});
  CHECK_THAT(Logged("text", "x"),
             Catch::Contains("atelier-x trace=" + kTrace.trace_id + " request=r-1 x\n"));
}

TEST_CASE("A JSON line parses whatever the message holds", "[log]") {
  const CallScope scope({kTrace.ToString(), "r-1"});
  const std::string odd = "a \"quoted\" \\ back\nline\ttab \x01 ünïcode";
  const auto line = nlohmann::json::parse(Logged("json", odd), nullptr, false);
  REQUIRE(line.is_object());
  CHECK(line["message"] == odd);
  CHECK(line["process"] == "atelier-x");
  CHECK(line["level"] == "warning");
  CHECK(line["trace"] == kTrace.trace_id);
  CHECK(line["request"] == "r-1");
}

TEST_CASE("A message with line breaks stays one line, so that no caller forges another", "[log]") {
  for (const char* format : {"text", "json"}) {
    const std::string logged = Logged(format, "name=x\n2026-01-01T00:00:00.000Z info forged");
    CHECK(std::count(logged.begin(), logged.end(), '\n') == 1);
  }
}

}  // namespace atelier::telemetry
