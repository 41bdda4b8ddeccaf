// Fitted bodies from and to messages.
#include "runtime/fitted_body_message.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>

namespace atelier::runtime {
namespace {

people::FittedBody SomeBody() {
  people::FittedBody body;
  for (size_t k = 0; k < body.parameters.size(); ++k) {
    body.parameters[k] = .01 * static_cast<double>(k);
  }
  body.base = people::Rotation({0, 1, 0}, 40);
  body.distance = 7.5;
  return body;
}

v1::FittedBody SomeMessage() {
  v1::FittedBody message;
  FittedBodyToMessage(SomeBody(), message);
  return message;
}

/// The field that is refused once `spoil` was done.
std::string Refused(const std::function<void(v1::FittedBody&)>& spoil) {
  v1::FittedBody message = SomeMessage();
  spoil(message);
  const auto body = FittedBodyFromMessage(message, "body");
  return body ? "" : body.error().field;
}

TEST_CASE("A fitted body comes out of its message as it went in", "[fit]") {
  const auto body = FittedBodyFromMessage(SomeMessage(), "body");
  REQUIRE(body.has_value());
  CHECK(body->parameters == SomeBody().parameters);
  CHECK(body->base.row == SomeBody().base.row);
  CHECK(body->distance == 7.5);
}

TEST_CASE("Numbers that are no body are refused by the field that has them", "[fit]") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  CHECK(Refused([](auto& m) { m.clear_parameters(); }) == "body.parameters");
  CHECK(Refused([](auto& m) { m.add_parameters(1); }) == "body.parameters");
  CHECK(Refused([](auto& m) { m.set_parameters(3, kNan); }) == "body.parameters");
  CHECK(Refused([](auto& m) { m.mutable_base()->RemoveLast(); }) == "body.base");
  CHECK(Refused([](auto& m) { m.set_base(0, 2); }) == "body.base");
  CHECK(Refused([](auto& m) {
          for (int i = 0; i < 3; ++i) m.set_base(i, -m.base(i));  // a mirror image
        }) == "body.base");
  CHECK(Refused([](auto& m) { m.set_parameters(60, -11); }) == "body.parameters[60]");
  CHECK(Refused([](auto& m) { m.set_parameters(60, -10); }).empty());
  CHECK(Refused([](auto& m) { m.set_distance(0); }) == "body");
  CHECK(Refused([](auto& m) { m.set_parameters(0, 60); }) == "body");  // e^60 pixels a metre
}

}  // namespace
}  // namespace atelier::runtime
