#include "telemetry/trace.h"

#include <catch2/catch.hpp>
#include <set>

namespace atelier::telemetry {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";
const std::string kGood = "00-" + kTrace + "-" + kSpan + "-01";

}  // namespace

TEST_CASE("A traceparent of the standard's example is read, and a new span keeps its trace",
          "[trace]") {
  const auto trace = ParseTraceparent(kGood);
  REQUIRE(trace.has_value());
  CHECK(trace->ToString() == kGood);
  const Traceparent next = trace->NextSpan();
  CHECK(next.trace_id == kTrace);
  CHECK(next.span_id != kSpan);
  CHECK(ParseTraceparent(next.ToString()).has_value());
}

TEST_CASE("What the standard tells to ignore is ignored", "[trace]") {
  const std::vector<std::string> bad = {
      "",
      "00",
      kGood + "0",
      kGood + "-more",
      "ff-" + kTrace + "-" + kSpan + "-01",
      "0G-" + kTrace + "-" + kSpan + "-01",
      "00-" + std::string(32, '0') + "-" + kSpan + "-01",
      "00-" + kTrace + "-" + std::string(16, '0') + "-01",
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + kSpan + "-01",
      "00_" + kTrace + "-" + kSpan + "-01",
      kGood.substr(0, kGood.size() - 2) + "\n1",
  };
  for (const std::string& text : bad) {
    INFO(text);
    CHECK_FALSE(ParseTraceparent(text).has_value());
  }
  CHECK(ParseTraceparent("cc" + kGood.substr(2) + "-what-comes").has_value());
}

TEST_CASE("New traces are well-formed and differ", "[trace]") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = NewTrace().ToString();
    REQUIRE(ParseTraceparent(text).has_value());
    seen.insert(text);
  }
  CHECK(seen.size() == 1000);
}

TEST_CASE("A request id with a line break or a space in it is refused", "[trace]") {
  CHECK(IsRequestId("demo-1.A_b"));
  CHECK_FALSE(IsRequestId(""));
  CHECK_FALSE(IsRequestId("a b"));
  CHECK_FALSE(IsRequestId("a\nb"));
  CHECK_FALSE(IsRequestId(std::string(129, 'a')));
}

TEST_CASE("A scope ends with what was before it", "[trace]") {
  const CallScope outer({"t1", "r1"});
  {
    const CallScope inner({"t2", "r2"});
    CHECK(CurrentCall().request_id == "r2");
  }
  CHECK(CurrentCall().request_id == "r1");
  CHECK(CurrentCall().traceparent == "t1");
}

}  // namespace atelier::telemetry
