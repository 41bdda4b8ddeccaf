#include "client/cli/exit_code.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "client/local_file.h"
#include "client/sendable.h"

namespace atelier::cli {

std::string ExitCodeHelp() {
  return "0  done\n"
         "1  wrong usage\n"
         "2  refused by the server\n"
         "3  job failed, cancelled or expired\n"
         "4  server, or a service it needs, not reached\n"
         "5  file on this machine\n"
         "6  `atelier doctor` or `atelier models` found a problem\n"
         "7  `atelier up` cannot start: a port or the data folder is taken, or a process ends\n";
}

ExitCode ExitCodeOf(const Error& error) {
  if (error.reason == client::kLocalFileReason) return ExitCode::kLocalFile;
  if (error.reason == client::kBadArgumentReason) return ExitCode::kUsage;
  const bool no_start = error.reason == "CANNOT_START" || error.reason == "CRASH_LOOP";
  if (no_start) return ExitCode::kCannotStart;
  switch (error.code) {
    case Code::kOk:
      return ExitCode::kOk;
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kPermissionDenied:
    case Code::kResourceExhausted:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange:
    case Code::kUnimplemented:
    case Code::kUnauthenticated:
      return ExitCode::kRefused;
    case Code::kDeadlineExceeded:
    case Code::kUnavailable:
      return ExitCode::kUnreachable;
    case Code::kCancelled:
    case Code::kUnknown:
    case Code::kAborted:
    case Code::kInternal:
    case Code::kDataLoss:
      return ExitCode::kJobFailed;
  }
  return ExitCode::kJobFailed;
}

ExitCode Complain(const Error& error, bool json) {
  std::string codes(CodeName(error.code));
  if (json) {
    nlohmann::json shown{{"code", codes}, {"reason", error.reason}, {"message", error.message}};
    if (!error.field.empty()) shown["field"] = error.field;
    // What a server says may be no UTF-8.
    const std::string text = nlohmann::json{{"error", shown}}.dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::fprintf(stderr, "%s\n", text.c_str());
    return ExitCodeOf(error);
  }
  // Errors without a reason of their own repeat the code.
  if (!error.reason.empty() && error.reason != codes) codes += ", " + error.reason;
  std::fprintf(stderr, "atelier: %s (%s)\n", error.message.c_str(), codes.c_str());
  return ExitCodeOf(error);
}

}  // namespace atelier::cli
