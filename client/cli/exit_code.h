// What `atelier` exits with. Scripts may rely on the numbers.
#pragma once

#include <string>

#include "base/result.h"

namespace atelier::cli {

enum class ExitCode : int {
  /// It worked.
  kOk = 0,
  /// The command line is wrong; see --help.
  kUsage = 1,
  /// The server was asked and said no: a bad field, something that is not there, a request id used
  /// before with another body, a full queue, nobody in the picture. Nothing was queued.
  kRefused = 2,
  /// The job failed, was cancelled or expired, or something broke on the server.
  kJobFailed = 3,
  /// The server, or a service that it needs, was not reached or did not answer in time.
  kUnreachable = 4,
  /// A file or folder on this machine cannot be read or written, is there already, or is no
  /// picture; or whoever reads the standard output went away.
  kLocalFile = 5,
  /// `atelier doctor` or `atelier models` found a problem.
  kProblemsFound = 6,
  /// `atelier up`: a port or the data folder is taken, or one of its processes does not start.
  kCannotStart = 7,
};

/// A line each, "0  done" and so on, for --help and the docs.
std::string ExitCodeHelp();

/// The exit code that tells of `error`.
ExitCode ExitCodeOf(const Error& error);

/// One sentence on stderr, or {"error": {"code", "reason", "message", "field"}} with `json`; then
/// ExitCodeOf(error).
ExitCode Complain(const Error& error, bool json = false);

}  // namespace atelier::cli
