// `strict` of a request: the reasons of warnings that its caller does not accept. The same for
// every service and every kind of job.
#pragma once

#include <string>
#include <vector>

#include "warnings/warning_message.h"

namespace atelier {

/// A request's or a job's `strict`.
using StrictReasons = google::protobuf::RepeatedPtrField<std::string>;

/// INVALID_ARGUMENT naming `field`: more than JobSpec.strict takes, or one that is neither in
/// kWarningReasons nor kAllWarnings.
Status CheckStrict(const StrictReasons& strict, const std::string& field);

/// FAILED_PRECONDITION for the first of `warnings` that `strict` lists: the warning's reason and
/// field, and its message and numbers in the error's message.
Status CheckAccepted(const StrictReasons& strict, const WarningMessages& warnings);
Status CheckAccepted(const StrictReasons& strict, const std::vector<Warning>& warnings);

/// The Result that `answer()` gives to `request`, unless the request's `strict` breaks its rules
/// (then `answer` is not called) or lists one of the answer's `warnings`.
template <typename Request, typename Answer>
auto UnderStrict(const Request& request, const Answer& answer) -> decltype(answer()) {
  ATELIER_RETURN_IF_ERROR(CheckStrict(request.strict(), "strict"));
  auto answered = answer();
  if (!answered) return answered;
  ATELIER_RETURN_IF_ERROR(CheckAccepted(request.strict(), answered->warnings()));
  return answered;
}

}  // namespace atelier
