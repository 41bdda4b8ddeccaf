#include "client/doctor/finding.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace atelier::doctor {

std::string SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kOk:
      return "ok";
    case Severity::kWarning:
      return "warning";
    case Severity::kProblem:
      return "problem";
  }
  return {};
}

int CountOf(const Findings& findings, Severity severity) {
  return static_cast<int>(std::count_if(findings.begin(), findings.end(), [&](const Finding& each) {
    return each.severity == severity;
  }));
}

std::string ToText(const Findings& findings) {
  constexpr size_t kSeverityWidth = 9;
  constexpr size_t kSubjectWidth = 11;
  const auto padded = [](std::string text, size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text + " ";
  };
  std::string text;
  for (const Finding& finding : findings) {
    text += padded(SeverityName(finding.severity), kSeverityWidth) +
            padded(finding.subject, kSubjectWidth) + finding.text + "\n";
  }
  text += std::to_string(CountOf(findings, Severity::kProblem)) + " problems, " +
          std::to_string(CountOf(findings, Severity::kWarning)) + " warnings\n";
  return text;
}

std::string ToJson(const Findings& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"severity", SeverityName(finding.severity)},
                    {"subject", finding.subject},
                    {"text", finding.text}});
  }
  const nlohmann::json json{{"findings", list},
                            {"problems", CountOf(findings, Severity::kProblem)},
                            {"warnings", CountOf(findings, Severity::kWarning)}};
  // Paths may be no UTF-8.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace atelier::doctor
