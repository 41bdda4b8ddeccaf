#include "warnings/warning_message.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "atelier/v1/dispatch.pb.h"
#include "limits/limits.h"

namespace atelier {
namespace {

/// The first `limit` bytes of `text`, less a UTF-8 character that the limit would cut.
std::string Cut(const std::string& text, size_t limit) {
  if (text.size() <= limit) return text;
  const auto continues = [&](size_t at) { return (static_cast<uint8_t>(text[at]) & 0xC0) == 0x80; };
  size_t end = limit;
  while (end > 0 && continues(end)) --end;
  return text.substr(0, end);
}

std::string NumberText(double number) {
  std::array<char, 32> text = {};
  std::snprintf(text.data(), text.size(), "%.6g", number);
  return text.data();
}

/// A worker of a later version may have reasons that this server does not know: its results count.
bool IsReason(const std::string& reason) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !reason.empty() && reason.size() <= kMaxWarningReasonBytes && reason != kAllWarnings &&
         std::all_of(reason.begin(), reason.end(), allowed);
}

Status CheckText(const std::string& text, size_t limit, const std::string& field) {
  if (text.size() <= limit) return {};
  return InvalidField(field, "at most " + std::to_string(limit) + " bytes",
                      std::to_string(text.size()) + " bytes");
}

}  // namespace

int MaxWarnings() {
  static const int most = LimitOf(*v1::CompleteJobRequest::descriptor(), "warnings").max_items();
  return most;
}

v1::Warning WarningToMessage(const Warning& warning) {
  v1::Warning message;
  message.set_reason(warning.reason);
  message.set_field(Cut(warning.field, kMaxWarningFieldBytes));
  message.set_message(Cut(warning.message, kMaxWarningMessageBytes));
  if (warning.value && std::isfinite(*warning.value)) message.set_value(*warning.value);
  if (warning.limit && std::isfinite(*warning.limit)) message.set_limit(*warning.limit);
  return message;
}

WarningMessages WarningsToMessages(const std::vector<Warning>& warnings) {
  WarningMessages messages;
  const auto count = std::min<size_t>(warnings.size(), MaxWarnings());
  for (size_t i = 0; i < count; ++i) *messages.Add() = WarningToMessage(warnings[i]);
  return messages;
}

Warning WarningFromMessage(const v1::Warning& message) {
  Warning warning{message.reason(), message.field(), message.message(), {}, {}};
  if (message.has_value()) warning.value = message.value();
  if (message.has_limit()) warning.limit = message.limit();
  return warning;
}

Status CheckWarnings(const WarningMessages& warnings, const std::string& field) {
  if (warnings.size() > MaxWarnings()) {
    return InvalidField(field, "at most " + std::to_string(MaxWarnings()),
                        std::to_string(warnings.size()));
  }
  for (const v1::Warning& warning : warnings) {
    if (!IsReason(warning.reason())) {
      const bool short_enough = warning.reason().size() <= kMaxWarningReasonBytes;
      return InvalidField(
          field + ".reason",
          "UPPER_SNAKE of at most " + std::to_string(kMaxWarningReasonBytes) + " characters",
          short_enough ? warning.reason() : std::to_string(warning.reason().size()) + " bytes");
    }
    ATELIER_RETURN_IF_ERROR(CheckText(warning.field(), kMaxWarningFieldBytes, field + ".field"));
    ATELIER_RETURN_IF_ERROR(
        CheckText(warning.message(), kMaxWarningMessageBytes, field + ".message"));
    // An absent number is 0.
    if (!std::isfinite(warning.value())) {
      return InvalidField(field + ".value", "finite", NumberText(warning.value()));
    }
    if (!std::isfinite(warning.limit())) {
      return InvalidField(field + ".limit", "finite", NumberText(warning.limit()));
    }
  }
  return {};
}

void MergeWarnings(const WarningMessages& from, WarningMessages& into) {
  for (const v1::Warning& warning : from) {
    const auto older = std::find_if(into.begin(), into.end(), [&](const v1::Warning& other) {
      return other.reason() == warning.reason() && other.field() == warning.field();
    });
    if (older != into.end()) {
      *older = warning;
    } else {
      *into.Add() = warning;
    }
  }
}

std::string DescribeWarning(const v1::Warning& warning) {
  std::string text = warning.reason();
  if (!warning.field().empty()) text += " (" + warning.field() + ")";
  text += ": " + warning.message();
  if (!warning.has_value()) return text;
  text += " (" + NumberText(warning.value());
  if (warning.has_limit()) text += ", limit " + NumberText(warning.limit());
  return text + ")";
}

}  // namespace atelier
