#include "models/model_report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace atelier::models {
namespace {

const char* SeverityName(Severity severity) {
  return severity == Severity::kProblem ? "problem" : "note";
}

std::string Padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text + "  ";
}

/// "1.7 GB"
std::string Size(uint64_t bytes) {
  const char* unit = "bytes";
  auto amount = static_cast<double>(bytes);
  for (const char* larger : {"kB", "MB", "GB"}) {
    if (amount < 1000) break;
    amount /= 1000;
    unit = larger;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit[0] == 'b' ? "%.0f %s" : "%.1f %s", amount, unit);
  return text;
}

std::string ComponentLine(const ComponentReport& component, size_t width) {
  std::string files;
  for (const std::string& file : component.files) files += (files.empty() ? "" : ", ") + file;
  std::string line =
      Padded(component.name, width) + (component.problems == 0 ? "good     " : "problem  ");
  if (component.tensors > 0) {
    line += std::to_string(component.tensors) + " tensors, " +
            std::to_string(component.parameters) + " parameters; ";
  }
  return line + (files.empty() ? "no file" : files + ", " + Size(component.bytes)) + "\n";
}

std::string FindingLine(const Finding& finding) {
  std::string line = Padded(SeverityName(finding.severity), 7);
  for (const std::string& part : {finding.component, finding.file}) {
    if (!part.empty()) line += part + ": ";
  }
  line += finding.text;
  // LibTorch's own messages have several lines.
  std::ranges::replace(line, '\n', ' ');
  return line + "\n";
}

}  // namespace

int64_t ModelReport::problems() const {
  int64_t count = std::ranges::count(findings, Severity::kProblem, &Finding::severity);
  for (const ComponentReport& component : components) count += component.unlisted;
  return count;
}

int64_t ModelReport::notes() const {
  return std::ranges::count(findings, Severity::kNote, &Finding::severity);
}

std::string ToText(const ModelReport& report) {
  std::string text = report.folder.string();
  if (!report.name.empty()) text += ": " + report.name;
  text += ", compared with " + report.model_json.string() + "\n";
  size_t width = 0;
  for (const auto& component : report.components) width = std::max(width, component.name.size());
  for (const auto& component : report.components) text += ComponentLine(component, width);
  for (const Finding& finding : report.findings) text += FindingLine(finding);
  for (const ComponentReport& component : report.components) {
    if (component.unlisted == 0) continue;
    text += Padded("problem", 7) + component.name + ": " + std::to_string(component.unlisted) +
            " more keys do not fit\n";
  }
  return text + std::to_string(report.problems()) + " problems, " + std::to_string(report.notes()) +
         " notes\n";
}

std::string ToJson(const ModelReport& report) {
  using nlohmann::json;
  json components = json::array(), files = json::array(), findings = json::array();
  for (const ComponentReport& each : report.components) {
    components.push_back({{"name", each.name},
                          {"files", each.files},
                          {"tensors", each.tensors},
                          {"parameters", each.parameters},
                          {"bytes", each.bytes},
                          {"problems", each.problems},
                          {"unlisted", each.unlisted}});
  }
  for (const FoundFile& each : report.files) {
    files.push_back({{"name", each.name}, {"found", each.found}});
  }
  for (const Finding& each : report.findings) {
    findings.push_back({{"severity", SeverityName(each.severity)},
                        {"reason", each.reason},
                        {"component", each.component},
                        {"file", each.file},
                        {"key", each.key},
                        {"expected", each.expected},
                        {"found", each.found},
                        {"text", each.text}});
  }
  const json all{{"folder", report.folder.string()},
                 {"model_json", report.model_json.string()},
                 {"name", report.name},
                 {"good", report.problems() == 0},
                 {"components", components},
                 {"files", files},
                 {"findings", findings},
                 {"problems", report.problems()},
                 {"notes", report.notes()}};
  // Paths and keys of a file may be no UTF-8.
  return all.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace atelier::models
