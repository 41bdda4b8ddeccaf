// What `atelier doctor` says of one thing it looked at.
#pragma once

#include <string>
#include <vector>

namespace atelier::doctor {

enum class Severity {
  kOk,
  /// It works, but slowly or not for long.
  kWarning,
  /// Something will not start or not answer.
  kProblem,
};

struct Finding {
  Severity severity = Severity::kOk;
  /// What was looked at: "model", "port", "data", ...
  std::string subject;
  /// One line: what was found, and for anything but kOk what to do about it.
  std::string text;
};
using Findings = std::vector<Finding>;

/// "ok", "warning", "problem".
std::string SeverityName(Severity severity);

/// A line each, and a last one that counts.
std::string ToText(const Findings& findings);
/// {"findings": [{"severity", "subject", "text"}], "problems": N, "warnings": N}
std::string ToJson(const Findings& findings);

int CountOf(const Findings& findings, Severity severity);

}  // namespace atelier::doctor
