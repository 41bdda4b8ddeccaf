#include "perception/keypoint_estimator.h"

#include <cstdio>

namespace atelier::perception {

Result<KeypointEstimate> KeypointEstimator::EstimateOne(const Image& /*picture*/,
                                                        const PersonWanted& /*wanted*/) {
  return InvalidField("person", "absent: " + std::string(name()) + " reads the whole picture",
                      "a choice");
}
namespace {

constexpr std::string_view kNobody = "nobody is seen in the picture: ";

std::string WhyOf(const Error& error) {
  const size_t start = error.message.find(kNobody);
  return start == std::string::npos ? error.message : error.message.substr(start + kNobody.size());
}

}  // namespace

Unexpected NoPerson(const std::string& why) {
  return MakeError(Code::kFailedPrecondition, kNoPersonReason, std::string(kNobody) + why);
}

Unexpected NoPerson(std::string_view name, double confidence, double limit) {
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "must be at least %.2f. Given: %.2f", limit, confidence);
  return NoPerson(std::string(name) + "'s confidence that it shows a person " + numbers);
}

Unexpected NoPerson(const Error& one, const Error& other) {
  return NoPerson(WhyOf(one) + "; " + WhyOf(other));
}

}  // namespace atelier::perception
