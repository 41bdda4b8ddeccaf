#include "server/jobs/job_message.h"

namespace atelier::server {
namespace {

void SetTime(google::protobuf::Timestamp* time, int64_t milliseconds) {
  time->set_seconds(milliseconds / 1000);
  time->set_nanos(static_cast<int32_t>(milliseconds % 1000) * 1'000'000);
}

}  // namespace

Result<v1::Job> ToMessage(const JobRecord& record, const LiveProgress& live, int64_t queue_position,
                          const JobQueue& queue) {
  v1::Job job;
  // The outcome is a Job that holds warnings, images, receipt, film and progress alone: the rest is
  // laid over it.
  if (!job.ParseFromString(record.outcome) || !job.mutable_spec()->ParseFromString(record.spec)) {
    return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + record.id + " does not parse");
  }
  job.set_name("jobs/" + record.id);
  job.set_state(static_cast<v1::JobState>(record.state));
  SetTime(job.mutable_create_time(), record.create_time_ms);
  if (record.start_time_ms > 0) SetTime(job.mutable_start_time(), record.start_time_ms);
  if (record.end_time_ms > 0) SetTime(job.mutable_end_time(), record.end_time_ms);
  job.set_attempt(record.attempt);
  const std::string& preview = live.progress.preview();
  const bool has_news = live.progress.steps() > 0 || !preview.empty();
  if (record.state == JobState::kRunning && has_news) *job.mutable_progress() = live.progress;
  // The last preview may come with the final state.
  if (IsFinal(record.state) && !preview.empty()) job.mutable_progress()->set_preview(preview);
  if (const auto seconds = queue.RemainingSeconds(record, queue_position)) {
    job.set_remaining_seconds(*seconds);
  }
  job.set_error_reason(record.error_reason);
  job.set_error_message(record.error_message);
  job.set_queue_position(static_cast<int32_t>(queue_position));
  job.set_request_id(record.request_id);
  job.set_tenant(record.tenant);
  return job;
}

Result<v1::Job> Describe(const JobRecord& record, JobQueue& queue) {
  ATELIER_ASSIGN_OR_RETURN(const int64_t position, queue.Position(record));
  return ToMessage(record, queue.feed().LastProgress(record.id), position, queue);
}

}  // namespace atelier::server
