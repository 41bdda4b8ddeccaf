// Warning <-> atelier.v1.Warning, and the rules of the latter.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstddef>
#include <string>
#include <vector>

#include "atelier/v1/warning.pb.h"
#include "base/result.h"
#include "base/warning.h"

namespace atelier {

/// `warnings` of a job, a request or a response.
using WarningMessages = google::protobuf::RepeatedPtrField<v1::Warning>;

/// The most that a completion brings, CompleteJobRequest.warnings.
int MaxWarnings();
/// Limits of what CheckWarnings() takes.
inline constexpr size_t kMaxWarningReasonBytes = 64;
inline constexpr size_t kMaxWarningFieldBytes = 256;
inline constexpr size_t kMaxWarningMessageBytes = 1024;

/// Texts are cut at their limits and numbers that are not finite left out, so that CheckWarnings()
/// takes every message.
v1::Warning WarningToMessage(const Warning& warning);
/// The first MaxWarnings() of `warnings`.
WarningMessages WarningsToMessages(const std::vector<Warning>& warnings);
Warning WarningFromMessage(const v1::Warning& message);

/// What a worker may send. INVALID_ARGUMENT naming `field`: more than MaxWarnings(), a reason that
/// is not UPPER_SNAKE, a text over its limit, a number that is not finite. A reason that is not in
/// kWarningReasons passes: the worker may be of a later version.
Status CheckWarnings(const WarningMessages& warnings, const std::string& field);

/// Adds `from` to `into`. One of the same reason and field replaces the older one: the same thing
/// was found again.
void MergeWarnings(const WarningMessages& from, WarningMessages& into);

/// One line for a person, with the numbers: "STEPS_OUT_OF_RANGE (steps): MESSAGE (30, limit 2)".
std::string DescribeWarning(const v1::Warning& warning);

}  // namespace atelier
