// atelier-model-check: says whether a folder is a whole model. `atelier models check`,
// `atelier models add` and `atelier doctor` run it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/version.h"
#include "models/model_check.h"

namespace atelier::models {
namespace {

// What it exits with. client/models/model_check.h relies on the numbers.
constexpr int kGood = 0;
constexpr int kProblems = 1;
constexpr int kCannotCheck = 2;

int Fail(const std::string& message) {
  std::fprintf(stderr, "atelier-model-check: %s\n", message.c_str());
  return kCannotCheck;
}

int Main(int argc, char** argv) {
  CheckOptions options;
  bool json = false;
  CLI::App app(
      "Says of a folder what is there, what is missing and which key or shape does not fit. Exits "
      "with 0 when it is a whole model, 1 when it is not, 2 when it cannot be looked at.",
      "atelier-model-check");
  app.set_version_flag("--version", std::string("atelier-model-check ") + kVersion,
                       "Print the version and end");
  app.add_option("folder", options.folder, "Model folder, or folder of published files")
      ->required();
  app.add_option("--layout", options.layouts,
                 "Model folders that describe published files (models/mcld, models/fpdm): a folder "
                 "without model.json is compared with the one that describes most of its files")
      ->allow_extra_args(false);
  app.add_flag("--json", json, "Print the report as JSON");
  // Seam: CLI11 throws; one sentence is enough for what was mistyped.
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for) {
    return app.exit(asked_for);
  } catch (const CLI::ParseError& error) {
    return Fail(error.what());
  }
  const auto report = CheckModel(options);
  if (!report) return Fail(report.error().message);
  std::fputs((json ? ToJson(*report) : ToText(*report)).c_str(), stdout);
  return report->problems() == 0 ? kGood : kProblems;
}

}  // namespace
}  // namespace atelier::models

int main(int argc, char** argv) { return atelier::models::Main(argc, argv); }
