#include "server/api/job_service.h"

#include <charconv>
#include <limits>

#include "server/api/job_message.h"
#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/jobs/job_follower.h"

namespace atelier::server {
namespace {

constexpr std::string_view kJobPrefix = "jobs/";

// A page token is "before-" and the sequence the page before ended with.
constexpr std::string_view kTokenPrefix = "before-";

Result<int64_t> ParsePageToken(const std::string& token) {
  if (token.empty()) return std::numeric_limits<int64_t>::max();
  const std::string digits = IdOf(token, kTokenPrefix);
  int64_t sequence = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  if (error == std::errc() && end == digits.data() + digits.size() && sequence > 0) {
    return sequence;
  }
  return BadPageToken(token);
}

Result<JobFilter> FilterOf(const v1::ListJobsRequest& request) {
  JobFilter filter{request.tenant(), {}, request.error_reason()};
  for (const int state : request.states()) {
    if (state < v1::JOB_STATE_QUEUED || state > v1::JOB_STATE_EXPIRED) {
      return InvalidField("states", "states of a job", std::to_string(state));
    }
    filter.states.push_back(static_cast<JobState>(state));
  }
  return filter;
}

}  // namespace

grpc::Status JobServiceImpl::Answer(const Result<JobRecord>& record, v1::Job* response) {
  if (!record) return Reply(record.error());
  Result<v1::Job> job = Describe(*record, queue_);
  if (!job) return Reply(job.error());
  *response = *std::move(job);
  return grpc::Status::OK;
}

grpc::Status JobServiceImpl::SubmitJob(grpc::ServerContext* context,
                                       const v1::SubmitJobRequest* request, v1::Job* response) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  if (const Status status = lifecycle_.MayStart(); !status) return Reply(status);
  const Result<std::string> tenant = TenantOf(*context);
  if (!tenant) return Reply(tenant.error());
  SubmitRequest submit;
  submit.spec = request->spec();
  submit.tenant = *tenant;
  submit.request_id = request->request_id();
  submit.traceparent = TraceparentOf(*context);
  return Answer(admission_.Submit(submit), response);
}

grpc::Status JobServiceImpl::GetJob(grpc::ServerContext*, const v1::GetJobRequest* request,
                                    v1::Job* response) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  return Answer(queue_.Get(IdOf(request->name(), kJobPrefix)), response);
}

grpc::Status JobServiceImpl::ListJobs(grpc::ServerContext*, const v1::ListJobsRequest* request,
                                      v1::ListJobsResponse* response) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  const Result<int> size = PageSize(*request);
  if (!size) return Reply(size.error());
  const Result<int64_t> before = ParsePageToken(request->page_token());
  if (!before) return Reply(before.error());
  const Result<JobFilter> filter = FilterOf(*request);
  if (!filter) return Reply(filter.error());
  // One more than the page: whether there is a next one.
  const Result<std::vector<JobRecord>> records = queue_.List(*size + 1, *before, *filter);
  if (!records) return Reply(records.error());
  for (const JobRecord& record : *records) {
    if (response->jobs_size() == *size) {
      const int64_t last = (*records)[*size - 1].sequence;
      response->set_next_page_token(std::string(kTokenPrefix) + std::to_string(last));
      break;
    }
    if (grpc::Status status = Answer(record, response->add_jobs()); !status.ok()) return status;
  }
  return grpc::Status::OK;
}

grpc::Status JobServiceImpl::WatchJob(grpc::ServerContext* context,
                                      const v1::WatchJobRequest* request,
                                      grpc::ServerWriter<v1::WatchJobResponse>* writer) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  const auto keep_waiting = [&](JobState state) -> Status {
    ATELIER_RETURN_IF_ERROR(CallerIsThere(*context));
    return lifecycle_.MayWait(state);
  };
  const auto send = [&](const JobNews& news) -> Status {
    v1::WatchJobResponse response;
    ATELIER_ASSIGN_OR_RETURN(*response.mutable_job(),
                             ToMessage(news.job, news.live, news.position, queue_));
    response.set_event_id(news.event_id);
    if (writer->Write(response)) return {};
    return MakeError(Code::kCancelled, "CALLER_GONE", "the caller is gone");
  };
  if (request->after_event_id() < 0) {
    const std::string given = std::to_string(request->after_event_id());
    return Reply(Status(InvalidField("after_event_id", "0 or an event_id", given)));
  }
  const Result<JobRecord> end = FollowJob(queue_, IdOf(request->name(), kJobPrefix),
                                          request->after_event_id(), keep_waiting, send);
  return end ? grpc::Status::OK : Reply(end.error());
}

grpc::Status JobServiceImpl::CancelJob(grpc::ServerContext*, const v1::CancelJobRequest* request,
                                       v1::Job* response) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  return Answer(queue_.Cancel(IdOf(request->name(), kJobPrefix)), response);
}

grpc::Status JobServiceImpl::DeleteJob(grpc::ServerContext*, const v1::DeleteJobRequest* request,
                                       v1::DeleteJobResponse*) {
  if (grpc::Status known = CheckRequest(*request); !known.ok()) return known;
  return Reply(queue_.Delete(IdOf(request->name(), kJobPrefix)));
}

}  // namespace atelier::server
