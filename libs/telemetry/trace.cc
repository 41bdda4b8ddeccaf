#include "telemetry/trace.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

#include "base/hex.h"

namespace atelier::telemetry {
namespace {

constexpr size_t kTraceDigits = 32;
constexpr size_t kSpanDigits = 16;
// Version, trace, span, flags and the dashes between them.
constexpr size_t kLength = 2 + 1 + kTraceDigits + 1 + kSpanDigits + 1 + 2;

thread_local CallIds current_call;

bool IsId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

std::string RandomHex(size_t digits) {
  thread_local std::mt19937_64 random{(static_cast<uint64_t>(std::random_device()()) << 32) |
                                      std::random_device()()};
  std::string text;
  while (text.size() < digits) {
    const uint64_t bits = random();
    text += ToHex({reinterpret_cast<const uint8_t*>(&bits), sizeof(bits)});
  }
  text.resize(digits);
  // An id of zeros alone is none.
  if (!IsId(text)) text.back() = '1';
  return text;
}

}  // namespace

std::string Traceparent::ToString() const { return "00-" + trace_id + "-" + span_id + "-" + flags; }

Traceparent Traceparent::NextSpan() const { return {trace_id, RandomHex(kSpanDigits), flags}; }

std::optional<Traceparent> ParseTraceparent(std::string_view text) {
  if (text.size() < kLength) return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace_id = text.substr(3, kTraceDigits);
  const std::string_view span_id = text.substr(4 + kTraceDigits, kSpanDigits);
  const std::string_view flags = text.substr(kLength - 2, 2);
  const bool dashes = text[2] == '-' && text[3 + kTraceDigits] == '-' && text[kLength - 3] == '-';
  if (!dashes || !IsHex(version) || version == "ff" || !IsHex(flags)) return std::nullopt;
  // Later versions may go on behind another dash; this one may not.
  const bool longer = text.size() > kLength;
  if (longer && (version == "00" || text[kLength] != '-')) return std::nullopt;
  if (!IsId(trace_id) || !IsId(span_id)) return std::nullopt;
  return Traceparent{std::string(trace_id), std::string(span_id), std::string(flags)};
}

Traceparent NewTrace() { return {RandomHex(kTraceDigits), RandomHex(kSpanDigits)}; }

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

const CallIds& CurrentCall() { return current_call; }
void SetCurrentCall(CallIds ids) { current_call = std::move(ids); }

CallScope::CallScope(CallIds ids) : before_(std::exchange(current_call, std::move(ids))) {}
CallScope::~CallScope() { current_call = std::move(before_); }

}  // namespace atelier::telemetry
