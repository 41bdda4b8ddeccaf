// Whose work a thread does: the W3C trace and the request id of the call it serves. Log lines carry
// both, and calls to other processes carry them on.
//
// https://www.w3.org/TR/trace-context: traceparent = "00-" trace id (32 hex) "-" parent span (16
// hex)
// "-" flags (2 hex). We keep no spans; each process that serves a call gives it a span id of its
// own, so that whoever collects traces can hang them together.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace atelier::telemetry {

struct Traceparent {
  std::string trace_id;
  std::string span_id;
  std::string flags = "01";

  std::string ToString() const;
  /// The same trace, a new span.
  Traceparent NextSpan() const;
};

/// Nothing for text that the standard tells to ignore: bad lengths or digits, version ff, ids that
/// are all zero.
std::optional<Traceparent> ParseTraceparent(std::string_view text);

/// A trace of its own. Thread-safe.
Traceparent NewTrace();

/// 1 to 128 characters of [A-Za-z0-9._-], as request ids of the API are.
bool IsRequestId(std::string_view text);

/// What a call is known by. Both are empty outside of calls.
struct CallIds {
  std::string traceparent;
  std::string request_id;
};

/// Of the present thread.
const CallIds& CurrentCall();
void SetCurrentCall(CallIds ids);

/// The present thread works for `ids` until the scope ends.
class CallScope {
 public:
  explicit CallScope(CallIds ids);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  CallIds before_;
};

}  // namespace atelier::telemetry
