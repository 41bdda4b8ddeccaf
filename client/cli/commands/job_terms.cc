#include "client/cli/commands/job_terms.h"

#include <algorithm>
#include <cmath>

#include "client/cli/display/warnings.h"
#include "client/sendable.h"
#include "limits/limits.h"

namespace atelier::cli {

namespace {

/// Seconds that no duration holds become the nearest that breaks the same rule.
void SetDuration(double seconds, google::protobuf::Duration& duration) {
  constexpr double kMost = 1e9;
  const double held = std::isnan(seconds) ? -kMost : std::clamp(seconds, -kMost, kMost);
  const auto nanoseconds = static_cast<int64_t>(held * 1e9);
  duration.set_seconds(nanoseconds / 1'000'000'000);
  duration.set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
}

std::string CheckRequestId(const std::string& request_id) {
  if (client::IsRequestId(request_id)) return {};
  return "must be " + client::RequestIdRule() + ". Given: " + client::Printable(request_id);
}

}  // namespace

void AddJobTermsFlags(CLI::App& command, JobTermsFlags& flags) {
  command
      .add_option("--request-id", flags.request_id, "The same id and request again is the same job")
      ->check(CLI::Validator(CheckRequestId, "", "request id"));
  command.add_option("--priority", flags.priority,
                     "Class among the tenant's jobs, " + RuleOf<v1::JobSpec>("priority") +
                         "; one is worth 30 s of waiting");
  command.add_option("--ttl", flags.ttl,
                     "Longest wait in the queue in seconds, " + RuleOf<v1::JobSpec>("queue_ttl") +
                         "; then the job expires");
  AddStrictFlag(command, flags.strict);
}

void SetTerms(const JobTermsFlags& flags, v1::JobSpec& job) {
  if (flags.priority) job.set_priority(*flags.priority);
  if (flags.ttl) SetDuration(*flags.ttl, *job.mutable_queue_ttl());
  *job.mutable_strict() = StrictOf(flags.strict);
}

}  // namespace atelier::cli
