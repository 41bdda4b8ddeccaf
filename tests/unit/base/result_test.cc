#include "base/result.h"

#include <catch2/catch.hpp>

namespace atelier {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return InvalidField("value", "even", std::to_string(value));
  return value / 2;
}

Result<int> Quarter(int value) {
  ATELIER_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

}  // namespace

TEST_CASE("An invalid field names the field, the rule and the value", "[base]") {
  const auto result = Half(3);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::kInvalidArgument);
  CHECK(result.error().field == "value");
  CHECK(result.error().message == "`value` must be even. Given: 3");
}

TEST_CASE("An error met half way leaves the calling function", "[base]") {
  CHECK(Quarter(8).value() == 2);
  CHECK(Quarter(6).error().message == "`value` must be even. Given: 3");
}

TEST_CASE("Context goes in front of the message and keeps code and reason", "[base]") {
  const Error error = Half(1).error().WithContext("job 7");
  CHECK(error.message == "job 7: `value` must be even. Given: 1");
  CHECK(error.code == Code::kInvalidArgument);
  CHECK(error.reason == "INVALID_FIELD");
}

}  // namespace atelier
