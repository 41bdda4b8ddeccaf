// Result<T>: every fallible call of Atelier returns one. Our own code does not throw.
//
// An Error carries a code that equals gRPC's, a stable UPPER_SNAKE reason that a program may switch
// on, and a message for a person. Context is added as a prefix; code and reason are kept.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace atelier {

/// The canonical status codes; the numbers are gRPC's.
enum class Code {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// The canonical UPPER_SNAKE name of `code`, e.g. "INVALID_ARGUMENT".
std::string_view CodeName(Code code);

struct Error {
  Code code = Code::kUnknown;
  /// Stable, UPPER_SNAKE; what a program may compare with.
  std::string reason;
  /// For a person. For bad input: "`field` must be RULE. Given: VALUE".
  std::string message;
  /// Path of the offending field, e.g. "spec.synthesis.steps"; empty when no field is to blame.
  std::string field;

  /// The same error with "`context`: " in front of its message.
  Error WithContext(std::string_view context) const;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

using Unexpected = tl::unexpected<Error>;

Unexpected MakeError(Code code, std::string reason, std::string message);

/// INVALID_ARGUMENT / INVALID_FIELD with the message "`field` must be RULE. Given: VALUE".
Unexpected InvalidField(std::string field, std::string_view rule, std::string_view given);

/// `error` as a return value of any Result, with an optional context prefix.
Unexpected Propagate(const Error& error, std::string_view context = {});

}  // namespace atelier

/// Returns from the calling function when `expr` (a Status) failed.
#define ATELIER_RETURN_IF_ERROR(expr)                                               \
  do {                                                                              \
    if (auto atelier_status = (expr); !atelier_status.has_value())                  \
      return ::tl::unexpected<::atelier::Error>(std::move(atelier_status).error()); \
  } while (false)

#define ATELIER_CONCAT_INNER(a, b) a##b
#define ATELIER_CONCAT(a, b) ATELIER_CONCAT_INNER(a, b)

/// `ATELIER_ASSIGN_OR_RETURN(auto value, Compute());`
#define ATELIER_ASSIGN_OR_RETURN(lhs, expr) \
  ATELIER_ASSIGN_OR_RETURN_IMPL(ATELIER_CONCAT(atelier_result_, __LINE__), lhs, expr)
#define ATELIER_ASSIGN_OR_RETURN_IMPL(result, lhs, expr)                                         \
  auto result = (expr);                                                                          \
  if (!result.has_value()) return ::tl::unexpected<::atelier::Error>(std::move(result).error()); \
  lhs = std::move(result).value()
