#include "warnings/warning_message.h"

#include <catch2/catch.hpp>
#include <limits>

namespace atelier {
namespace {

Warning Several(double people) {
  return {"SEVERAL_PEOPLE", "source", "only one is painted", people, 1.0};
}

}  // namespace

TEST_CASE("A warning comes back from its message as it was, numbers that are 0 included",
          "[warnings]") {
  for (const Warning& warning :
       {Several(0), Warning{"IUV_CHART_ASSUMED", "pose_iuv", "m", {}, {}}}) {
    const Warning back = WarningFromMessage(WarningToMessage(warning));
    CHECK(back.reason == warning.reason);
    CHECK(back.field == warning.field);
    CHECK(back.message == warning.message);
    CHECK(back.value == warning.value);
    CHECK(back.limit == warning.limit);
  }
}

TEST_CASE("Whatever a worker found of a known reason becomes messages that the server takes",
          "[warnings]") {
  // A character of two bytes lies over the limit of either text.
  std::string long_text = "x";
  while (long_text.size() < 3 * kMaxWarningMessageBytes) long_text += "ä";
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Warning> many(100, Warning{"PERSON_SMALL", long_text, long_text, nan, nan});
  const WarningMessages messages = WarningsToMessages(many);
  CHECK(messages.size() == MaxWarnings());
  CHECK(CheckWarnings(messages, "warnings").has_value());
  CHECK(messages[0].field().size() == kMaxWarningFieldBytes - 1);
  CHECK(messages[0].message().size() == kMaxWarningMessageBytes - 1);
  CHECK_FALSE(messages[0].has_value());
}

TEST_CASE("A warning that breaks a rule is refused by its field", "[warnings]") {
  struct Bad {
    const char* field;
    void (*spoil)(v1::Warning&);
  };
  const Bad bad[] = {
      {"warnings.reason", [](v1::Warning& w) { w.clear_reason(); }},
      {"warnings.reason", [](v1::Warning& w) { w.set_reason("bad weather"); }},
      {"warnings.reason", [](v1::Warning& w) { w.set_reason("ALL"); }},
      {"warnings.reason", [](v1::Warning& w) { w.set_reason(std::string(1 << 20, 'A')); }},
      {"warnings.field", [](v1::Warning& w) { w.set_field(std::string(257, 'x')); }},
      {"warnings.message", [](v1::Warning& w) { w.set_message(std::string(1025, 'x')); }},
      {"warnings.value",
       [](v1::Warning& w) { w.set_value(std::numeric_limits<double>::quiet_NaN()); }},
      {"warnings.limit",
       [](v1::Warning& w) { w.set_limit(std::numeric_limits<double>::infinity()); }},
  };
  for (const Bad& one : bad) {
    WarningMessages warnings = WarningsToMessages({Several(2), Several(3)});
    one.spoil(warnings[1]);
    const Status status = CheckWarnings(warnings, "warnings");
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().code == Code::kInvalidArgument);
    CHECK(status.error().field == one.field);
    CHECK(status.error().message.size() < 400);
  }
  WarningMessages too_many = WarningsToMessages(std::vector<Warning>(64, Several(2)));
  REQUIRE(CheckWarnings(too_many, "warnings").has_value());
  *too_many.Add() = too_many[0];
  CHECK(CheckWarnings(too_many, "warnings").error().field == "warnings");
}

TEST_CASE("A reason that only a later version's worker knows is taken", "[warnings]") {
  WarningMessages warnings = WarningsToMessages({Several(2)});
  warnings[0].set_reason("HANDS_HIDDEN");
  CHECK(CheckWarnings(warnings, "warnings").has_value());
}

TEST_CASE("The same found twice is one warning, the same of another field is another",
          "[warnings]") {
  WarningMessages known = WarningsToMessages({Several(2)});
  Warning of_face = Several(4);
  of_face.field = "face";
  MergeWarnings(WarningsToMessages({Several(3), of_face}), known);
  REQUIRE(known.size() == 2);
  CHECK(known[0].value() == 3);
  CHECK(known[1].field() == "face");
}

TEST_CASE("A warning's line has its numbers as a person writes them", "[warnings]") {
  CHECK(DescribeWarning(WarningToMessage(Several(2))) ==
        "SEVERAL_PEOPLE (source): only one is painted (2, limit 1)");
  CHECK(DescribeWarning(WarningToMessage({"PERSON_UNSURE", "source", "m", 0.25f, 0.5})) ==
        "PERSON_UNSURE (source): m (0.25, limit 0.5)");
  CHECK(DescribeWarning(WarningToMessage({"PERSON_SMALL", "source", "m", 48.0, {}})) ==
        "PERSON_SMALL (source): m (48)");
  CHECK(DescribeWarning(WarningToMessage({"IUV_CHART_ASSUMED", "", "m", {}, {}})) ==
        "IUV_CHART_ASSUMED: m");
}

}  // namespace atelier
