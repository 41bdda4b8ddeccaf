#include "warnings/strict.h"

#include <algorithm>

#include "atelier/v1/job.pb.h"
#include "limits/limits.h"

namespace atelier {
namespace {

/// A longer one is no reason, and not shown.
constexpr size_t kLongestShown = 64;

bool IsStrictReason(const std::string& reason) {
  return reason == kAllWarnings ||
         std::find(kWarningReasons.begin(), kWarningReasons.end(), reason) != kWarningReasons.end();
}

std::string Rule() {
  std::string rule = "reasons of warnings (";
  for (const std::string_view reason : kWarningReasons) rule.append(reason).append(", ");
  return rule.append(kAllWarnings).append(")");
}

bool Lists(const StrictReasons& strict, const std::string& reason) {
  return std::any_of(strict.begin(), strict.end(), [&](const std::string& listed) {
    return listed == kAllWarnings || listed == reason;
  });
}

Unexpected NotAccepted(const v1::Warning& warning) {
  return Unexpected(Error{Code::kFailedPrecondition, warning.reason(),
                          "`strict` does not accept " + DescribeWarning(warning), warning.field()});
}

}  // namespace

Status CheckStrict(const StrictReasons& strict, const std::string& field) {
  static const int most = LimitOf(*v1::JobSpec::descriptor(), "strict").max_items();
  if (strict.size() > most) {
    return InvalidField(field, "at most " + std::to_string(most) + " reasons",
                        std::to_string(strict.size()));
  }
  for (const std::string& reason : strict) {
    if (IsStrictReason(reason)) continue;
    const bool shown = reason.size() <= kLongestShown;
    return InvalidField(field, Rule(), shown ? reason : std::to_string(reason.size()) + " bytes");
  }
  return {};
}

Status CheckAccepted(const StrictReasons& strict, const WarningMessages& warnings) {
  for (const v1::Warning& warning : warnings) {
    if (Lists(strict, warning.reason())) return NotAccepted(warning);
  }
  return {};
}

Status CheckAccepted(const StrictReasons& strict, const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings) {
    if (Lists(strict, warning.reason)) return NotAccepted(WarningToMessage(warning));
  }
  return {};
}

}  // namespace atelier
