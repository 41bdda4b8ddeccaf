#include "server/api/watch_call.h"

#include <utility>

#include "server/api/reply.h"
#include "server/jobs/job_message.h"

namespace atelier::server {
namespace {

class RefusedWatch final : public WatchCall::Reactor {
 public:
  explicit RefusedWatch(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

WatchCall::Reactor* WatchCall::Refuse(const grpc::Status& status) {
  return new RefusedWatch(status);
}

WatchCall::Reactor* WatchCall::Start(JobQueue& queue, JobFollowers& followers,
                                     JobFollowers::Request request, CallSlots::Slot slot) {
  const std::shared_ptr<WatchCall> call(new WatchCall(queue, followers, std::move(slot)));
  const MutexLock lock(call->mutex_);
  call->self_ = call;
  call->key_ = followers.Follow(std::move(request), call);
  return call.get();
}

bool WatchCall::OnNews(const JobNews& news) {
  const MutexLock lock(mutex_);
  if (end_ || response_) return false;
  Result<v1::Job> job = ToMessage(news.job, news.live, news.position, queue_);
  if (!job) {
    EndWith(Reply(job.error()));
    return false;
  }
  response_ = std::make_unique<v1::WatchJobResponse>();
  *response_->mutable_job() = *std::move(job);
  response_->set_event_id(news.event_id);
  StartWrite(response_.get());
  return false;
}

void WatchCall::OnEnd(const Result<JobRecord>& end) {
  const MutexLock lock(mutex_);
  EndWith(end ? grpc::Status::OK : Reply(end.error()));
}

void WatchCall::EndWith(const grpc::Status& status) {
  if (end_) return;
  end_ = status;
  if (!response_) Finish(*end_);
}

void WatchCall::OnWriteDone(bool ok) {
  const MutexLock lock(mutex_);
  response_.reset();
  if (end_) return Finish(*end_);
  // After a write that failed the call is cancelled, which OnCancel() is told.
  if (ok) followers_.Resume(key_);
}

void WatchCall::OnCancel() {
  const MutexLock lock(mutex_);
  followers_.Leave(key_);
  EndWith(Reply(Error{Code::kCancelled, "CALLER_GONE", "the caller is gone", ""}));
}

void WatchCall::OnDone() {
  std::shared_ptr<WatchCall> self;
  const MutexLock lock(mutex_);
  followers_.Leave(key_);
  self = std::move(self_);
}

}  // namespace atelier::server
