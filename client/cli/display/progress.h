// How a job's progress is shown on stderr.
#pragma once

#include <cstdio>
#include <string>

#include "atelier/v1/job.pb.h"

namespace atelier::cli {

/// One line without its end, e.g. "queued, 3 in front, 12 s left", "preparing", "step 5 of 20, 12 s
/// left", "attempt 2: step 1 of 20", "succeeded". The time left is the server's estimate, rounded
/// up; it is missing where the server has none.
std::string DescribeProgress(const v1::Job& job);

/// "[#####---------------]", `width` cells between the brackets; empty while there are no steps.
std::string ProgressBar(const v1::Job& job, int width);

/// Shows a job while it is watched: one line that is drawn over on a terminal; elsewhere a line for
/// every state, attempt and tenth of the steps; nothing when quiet.
class ProgressReporter {
 public:
  enum class Style { kQuiet, kLines, kTerminal };

  ProgressReporter(std::FILE* out, Style style) : out_(out), style_(style) {}

  /// kTerminal when `out` is one, else kLines.
  static Style StyleFor(std::FILE* out);

  void Show(const v1::Job& job);
  /// Ends the drawn-over line. Call before anything else is printed.
  void Finish();

 private:
  std::FILE* const out_;
  const Style style_;
  std::string last_;
  bool line_open_ = false;
};

}  // namespace atelier::cli
