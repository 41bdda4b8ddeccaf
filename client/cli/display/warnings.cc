#include "client/cli/display/warnings.h"

#include <cstdio>

namespace atelier::cli {

void AddStrictFlag(CLI::App& command, std::vector<std::string>& strict) {
  command
      .add_option("--strict", strict,
                  "Fail instead of a result with this warning, e.g. SEVERAL_PEOPLE, or with any: "
                  "ALL; may be given again")
      ->allow_extra_args(false);
}

StrictReasons StrictOf(const std::vector<std::string>& strict) {
  return StrictReasons(strict.begin(), strict.end());
}

void ShowWarnings(const WarningMessages& warnings, bool json) {
  if (json) return;
  for (const v1::Warning& warning : warnings) {
    std::fprintf(stderr, "atelier: warning: %s\n", DescribeWarning(warning).c_str());
  }
}

}  // namespace atelier::cli
