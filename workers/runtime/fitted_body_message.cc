#include "runtime/fitted_body_message.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace atelier::runtime {
namespace {

constexpr int kBaseCount = 9;
/// Of the products of a rotation's rows, which are 1 or 0.
constexpr float kRotationTolerance = 1e-3f;

template <typename Numbers>
Status CheckNumbers(const Numbers& numbers, int count, const std::string& field) {
  if (numbers.size() != count) {
    return InvalidField(field, std::to_string(count) + " numbers", std::to_string(numbers.size()));
  }
  const auto bad =
      std::find_if_not(numbers.begin(), numbers.end(), [](double v) { return std::isfinite(v); });
  if (bad == numbers.end()) return {};
  return InvalidField(field, "finite numbers", std::to_string(*bad));
}

bool IsRotation(const people::Mat3& matrix) {
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      const float wanted = i == j ? 1 : 0;
      if (std::fabs(Dot(matrix.row[i], matrix.row[j]) - wanted) > kRotationTolerance) return false;
    }
  }
  return Dot(Cross(matrix.row[0], matrix.row[1]), matrix.row[2]) > 0;
}

}  // namespace

void FittedBodyToMessage(const people::FittedBody& body, v1::FittedBody& message) {
  message.mutable_parameters()->Assign(body.parameters.begin(), body.parameters.end());
  message.clear_base();
  for (const people::Vec3& row : body.base.row) {
    for (const float value : {row.x, row.y, row.z}) message.add_base(static_cast<double>(value));
  }
  message.set_distance(body.distance);
}

Result<people::FittedBody> FittedBodyFromMessage(const v1::FittedBody& message,
                                                 const std::string& field) {
  ATELIER_RETURN_IF_ERROR(
      CheckNumbers(message.parameters(), people::kParameterCount, field + ".parameters"));
  ATELIER_RETURN_IF_ERROR(CheckNumbers(message.base(), kBaseCount, field + ".base"));
  people::FittedBody body;
  std::copy(message.parameters().begin(), message.parameters().end(), body.parameters.begin());
  // Angles in radians, deviations of shape, logarithms of factors: no person has more.
  constexpr double kMost = 10;
  for (int k = people::kCameraBlock.end(); k < people::kParameterCount; ++k) {
    const double value = message.parameters(k);
    if (std::abs(value) > kMost) {
      return InvalidField(field + ".parameters[" + std::to_string(k) + "]", "-10 to 10",
                          std::to_string(value));
    }
  }
  for (int i = 0; i < 3; ++i) {
    const auto at = [&](int column) { return static_cast<float>(message.base(3 * i + column)); };
    body.base.row[static_cast<size_t>(i)] = {at(0), at(1), at(2)};
  }
  if (!IsRotation(body.base)) {
    return InvalidField(field + ".base", "a rotation", "rows that are not at right angles");
  }
  body.distance = message.distance();
  if (!people::StandsBeforeCamera(body)) {
    return InvalidField(field, "of a body before its camera, as PoseService gives it",
                        "a distance of " + std::to_string(body.distance) + " m");
  }
  return body;
}

}  // namespace atelier::runtime
