#include "client/cli/exit_code.h"

#include <cstdio>

#include "client/local_file.h"

namespace atelier::cli {

ExitCode ExitCodeOf(const Error& error) {
  if (error.reason == client::kLocalFileReason) return ExitCode::kLocalFile;
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

ExitCode Complain(const Error& error) {
  std::string codes(CodeName(error.code));
  // Errors without a reason of their own repeat the code.
  if (!error.reason.empty() && error.reason != codes) codes += ", " + error.reason;
  std::fprintf(stderr, "atelier: %s (%s)\n", error.message.c_str(), codes.c_str());
  return ExitCodeOf(error);
}

}  // namespace atelier::cli
