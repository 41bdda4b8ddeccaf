#include "client/models/model_check.h"

#include <nlohmann/json.hpp>

#include "client/local_file.h"
#include "client/supervisor/run_program.h"

namespace atelier::client {
namespace {

namespace fs = std::filesystem;

// workers/models/main.cc says what it exits with.
constexpr int kProblems = 1;

Unexpected LocalFile(Code code, const std::string& message) {
  return MakeError(code, std::string(kLocalFileReason), message);
}

/// The program's output when it could look at the folder.
Result<supervisor::ProgramOutput> Run(const ModelCheckOptions& options, bool json) {
  std::error_code error;
  if (!fs::is_directory(options.folder, error)) {
    return LocalFile(Code::kNotFound, options.folder.string() + ": there is no such folder");
  }
  // A path that begins with a dash must not be taken for a flag.
  std::vector<std::string> command = {(options.bin_dir / "atelier-model-check").string(),
                                      fs::absolute(options.folder, error).string()};
  for (const fs::path& layout : options.layouts) {
    command.insert(command.end(), {"--layout", fs::absolute(layout, error).string()});
  }
  if (json) command.push_back("--json");
  auto output = supervisor::RunProgram(command);
  if (!output) return LocalFile(output.error().code, output.error().message);
  const supervisor::ExitStatus& status = output->status;
  if (status.signal == 0 && (status.code == 0 || status.code == kProblems)) return output;
  std::string said = output->err.substr(0, output->err.find('\n'));
  if (said.empty()) said = command.front() + " " + supervisor::Describe(status);
  return LocalFile(Code::kInternal, said);
}

/// Throws nlohmann's exceptions on a report of other types.
ModelCheck Parse(const nlohmann::json& json) {
  ModelCheck check;
  check.good = json.value("good", false);
  check.model_json = json.value("model_json", "");
  check.name = json.value("name", "");
  check.problem_count = json.value("problems", 0);
  check.component_count =
      static_cast<int>(json.value("components", nlohmann::json::array()).size());
  for (const auto& file : json.value("files", nlohmann::json::array())) {
    check.files.push_back({file.value("name", ""), file.value("found", "")});
  }
  for (const auto& finding : json.value("findings", nlohmann::json::array())) {
    if (finding.value("severity", "") != "problem") continue;
    std::string line;
    for (const char* key : {"component", "file"}) {
      const std::string part = finding.value(key, "");
      if (!part.empty()) line += part + ": ";
    }
    check.problems.push_back(line + finding.value("text", ""));
  }
  return check;
}

}  // namespace

Result<ModelCheck> CheckModelFolder(const ModelCheckOptions& options) {
  ATELIER_ASSIGN_OR_RETURN(supervisor::ProgramOutput output, Run(options, /*json=*/true));
  // Seam: nlohmann throws on what is no report.
  try {
    ModelCheck check = Parse(nlohmann::json::parse(output.out));
    check.json = std::move(output.out);
    return check;
  } catch (const nlohmann::json::exception& error) {
    return LocalFile(Code::kInternal, (options.bin_dir / "atelier-model-check").string() +
                                          " printed no report: " + error.what());
  }
}

Result<ModelCheckText> DescribeModelFolder(const ModelCheckOptions& options) {
  ATELIER_ASSIGN_OR_RETURN(supervisor::ProgramOutput output, Run(options, /*json=*/false));
  return ModelCheckText{output.status.code == 0, std::move(output.out)};
}

}  // namespace atelier::client
