#include "base/result.h"

#include <array>

namespace atelier {

std::string_view CodeName(Code code) {
  static constexpr std::array<std::string_view, 17> kNames = {"OK",
                                                              "CANCELLED",
                                                              "UNKNOWN",
                                                              "INVALID_ARGUMENT",
                                                              "DEADLINE_EXCEEDED",
                                                              "NOT_FOUND",
                                                              "ALREADY_EXISTS",
                                                              "PERMISSION_DENIED",
                                                              "RESOURCE_EXHAUSTED",
                                                              "FAILED_PRECONDITION",
                                                              "ABORTED",
                                                              "OUT_OF_RANGE",
                                                              "UNIMPLEMENTED",
                                                              "INTERNAL",
                                                              "UNAVAILABLE",
                                                              "DATA_LOSS",
                                                              "UNAUTHENTICATED"};
  const auto index = static_cast<size_t>(code);
  return index < kNames.size() ? kNames[index] : "UNKNOWN";
}

Error Error::WithContext(std::string_view context) const {
  Error copy = *this;
  copy.message = std::string(context) + ": " + message;
  return copy;
}

Unexpected MakeError(Code code, std::string reason, std::string message) {
  return Unexpected(Error{code, std::move(reason), std::move(message), {}});
}

Unexpected InvalidField(std::string field, std::string_view rule, std::string_view given) {
  Error error;
  error.code = Code::kInvalidArgument;
  error.reason = "INVALID_FIELD";
  error.message = "`" + field + "` must be " + std::string(rule) + ". Given: " + std::string(given);
  error.field = std::move(field);
  return Unexpected(std::move(error));
}

Unexpected Propagate(const Error& error, std::string_view context) {
  return Unexpected(context.empty() ? error : error.WithContext(context));
}

}  // namespace atelier
