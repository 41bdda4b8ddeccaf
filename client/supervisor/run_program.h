// A program run to its end, its output kept: for children that answer a question.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "client/supervisor/child_process.h"

namespace atelier::supervisor {

struct ProgramOutput {
  std::string out;
  std::string err;
  ExitStatus status;
};

/// Runs `command` without standard input and waits for its end. command[0] is the path of the
/// program. It dies with the calling thread. NOT_FOUND or PERMISSION_DENIED when it cannot be run.
Result<ProgramOutput> RunProgram(const std::vector<std::string>& command);

}  // namespace atelier::supervisor
