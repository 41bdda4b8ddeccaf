#include "server/api/job_service.h"

#include <charconv>
#include <limits>

#include "limits/limits.h"
#include "rpc/call_interceptor.h"
#include "server/api/page.h"
#include "server/api/reply.h"
#include "server/jobs/job_message.h"

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
    filter.states.Add(static_cast<JobState>(state));
  }
  return filter;
}

// What a proxy may make of it: 15 s without a byte are the shortest end of a stream that is known.
constexpr std::chrono::seconds kKeepAlive(10);

Result<JobFollowers::Request> FollowRequestOf(const v1::WatchJobRequest& request) {
  if (request.after_event_id() < 0) {
    const std::string given = std::to_string(request.after_event_id());
    return InvalidField("after_event_id", "0 or an event_id", given);
  }
  JobFollowers::Request follow{IdOf(request.name(), kJobPrefix), request.after_event_id(),
                               kKeepAlive};
  if (request.has_keep_alive()) {
    ATELIER_RETURN_IF_ERROR(CheckField(request, "keep_alive", "keep_alive"));
    follow.keep_alive = std::chrono::seconds(request.keep_alive().seconds()) +
                        std::chrono::milliseconds(request.keep_alive().nanos() / 1'000'000);
  }
  return follow;
}

}  // namespace

Result<std::string> JobServiceImpl::IdOfSeen(const grpc::ServerContextBase& context,
                                             const std::string& name) {
  ATELIER_ASSIGN_OR_RETURN(const Caller caller, callers_.Of(context));
  std::string id = IdOf(name, kJobPrefix);
  // Who sees every job needs no look.
  if (caller.every_tenant) return id;
  ATELIER_ASSIGN_OR_RETURN(const JobRecord job, queue_.Get(id));
  if (!caller.Sees(job.tenant)) return JobNotFound(id);
  return id;
}

grpc::Status JobServiceImpl::Answer(const Result<JobRecord>& record, v1::Job* response) {
  if (!record) return Reply(record.error());
  Result<v1::Job> job = Describe(*record, queue_);
  if (!job) return Reply(job.error());
  *response = *std::move(job);
  return grpc::Status::OK;
}

grpc::Status JobServiceImpl::SubmitJob(grpc::ServerContext* context,
                                       const v1::SubmitJobRequest* request, v1::Job* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  if (const Status status = lifecycle_.MayStart(); !status) return Reply(status);
  const Result<Caller> caller = callers_.Of(*context);
  if (!caller) return Reply(caller.error());
  const Result<CallMemory::Hold> memory =
      memory_.Take(static_cast<int64_t>(request->ByteSizeLong()));
  if (!memory) return Reply(memory.error());
  SubmitRequest submit;
  submit.spec = request->spec();
  submit.tenant = caller->tenant;
  submit.every_tenant = caller->every_tenant;
  submit.request_id = request->request_id();
  submit.traceparent = TraceparentOf(*context);
  return Answer(admission_.Submit(submit), response);
}

grpc::Status JobServiceImpl::GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                                    v1::Job* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<std::string> id = IdOfSeen(*context, request->name());
  if (!id) return Reply(id.error());
  return Answer(queue_.Get(*id), response);
}

grpc::Status JobServiceImpl::ListJobs(grpc::ServerContext* context,
                                      const v1::ListJobsRequest* request,
                                      v1::ListJobsResponse* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<Caller> caller = callers_.Of(*context);
  if (!caller) return Reply(caller.error());
  const Result<int> size = PageSize(*request);
  if (!size) return Reply(size.error());
  const Result<int64_t> before = ParsePageToken(request->page_token());
  if (!before) return Reply(before.error());
  Result<JobFilter> filter = FilterOf(*request);
  if (!filter) return Reply(filter.error());
  if (!filter->tenant.empty() && !caller->Sees(filter->tenant)) return grpc::Status::OK;
  if (!caller->every_tenant) filter->tenant = caller->tenant;
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

WatchCall::Reactor* JobServiceImpl::WatchJob(grpc::CallbackServerContext* context,
                                             const v1::WatchJobRequest* request) {
  const rpc::CallbackScope scope;
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok())
    return WatchCall::Refuse(status);
  Result<JobFollowers::Request> follow = FollowRequestOf(*request);
  if (!follow) return WatchCall::Refuse(Reply(follow.error()));
  const Result<Caller> caller = callers_.Of(*context);
  if (!caller) return WatchCall::Refuse(Reply(caller.error()));
  follow->may_follow = callers_.WhetherStill(*caller);
  const Result<std::string> id = IdOfSeen(*context, request->name());
  if (!id) return WatchCall::Refuse(Reply(id.error()));
  Result<CallSlots::Slot> slot = waiting_.Take();
  if (!slot) return WatchCall::Refuse(Reply(slot.error()));
  return WatchCall::Start(queue_, followers_, *std::move(follow), *std::move(slot));
}

grpc::Status JobServiceImpl::CancelJob(grpc::ServerContext* context,
                                       const v1::CancelJobRequest* request, v1::Job* response) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<std::string> id = IdOfSeen(*context, request->name());
  if (!id) return Reply(id.error());
  return Answer(queue_.Cancel(*id), response);
}

grpc::Status JobServiceImpl::DeleteJob(grpc::ServerContext* context,
                                       const v1::DeleteJobRequest* request,
                                       v1::DeleteJobResponse*) {
  if (grpc::Status status = callers_.Begin(*context, *request); !status.ok()) return status;
  const Result<std::string> id = IdOfSeen(*context, request->name());
  if (!id) return Reply(id.error());
  return Reply(queue_.Delete(*id));
}

}  // namespace atelier::server
