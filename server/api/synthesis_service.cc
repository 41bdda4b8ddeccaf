#include "server/api/synthesis_service.h"

#include <grpcpp/support/message_allocator.h>
#include <spdlog/spdlog.h>

#include <functional>
#include <optional>
#include <utility>

#include "base/job_failure.h"
#include "base/mutex.h"
#include "limits/limits.h"
#include "rpc/call_interceptor.h"
#include "server/api/reply.h"
#include "telemetry/trace.h"

namespace atelier::server {
namespace {

// A client that says nothing takes messages of 4 MiB; this leaves room for what is no picture.
constexpr int64_t kMaxInlineBytes = 3 << 20;

/// Request and response of one call. The request may hold tens of MiB of pictures, which need not
/// wait for the job.
class Message final : public grpc::MessageHolder<v1::SynthesizeRequest, v1::SynthesizeResponse> {
 public:
  Message() {
    set_request(request_.get());
    set_response(&response_);
  }
  void FreeRequest() override {
    set_request(nullptr);
    request_.reset();
  }
  void Release() override { delete this; }

 private:
  std::unique_ptr<v1::SynthesizeRequest> request_ = std::make_unique<v1::SynthesizeRequest>();
  v1::SynthesizeResponse response_;
};

SubmitRequest SubmitOf(const v1::SynthesizeRequest& request) {
  SubmitRequest submit;
  if (request.has_spec()) *submit.spec.mutable_synthesis() = request.spec();
  submit.spec.mutable_synthesis();  // A missing spec breaks the rules of its fields.
  submit.spec.set_priority(request.priority());
  if (request.has_queue_ttl()) *submit.spec.mutable_queue_ttl() = request.queue_ttl();
  *submit.spec.mutable_strict() = request.strict();
  submit.request_id = request.request_id();
  submit.field_prefix = "spec";
  submit.terms_prefix = "";
  return submit;
}

/// One Synthesize, from its request to its end. What takes time is done on CallThreads, one step
/// after the other; the end of the job and that of the caller may come whenever they like.
class SynthesizeCall final : public grpc::ServerUnaryReactor,
                             public JobListener,
                             public std::enable_shared_from_this<SynthesizeCall> {
 public:
  using Parts = SynthesisServiceImpl::Parts;

  SynthesizeCall(const Parts& parts, v1::SynthesizeResponse* response)
      : parts_(parts), response_(*response) {}

  void Start(grpc::CallbackServerContext& context, const v1::SynthesizeRequest& request) {
    {
      const MutexLock lock(mutex_);
      self_ = shared_from_this();
    }
    if (const Status prepared = Prepare(context, request); !prepared) return End(Reply(prepared));
    // The pictures are in submit_ now.
    context.GetRpcAllocatorState()->FreeRequest();
    Run([this] { Submit(); });
  }
  void Refuse(const grpc::Status& status) {
    {
      const MutexLock lock(mutex_);
      self_ = shared_from_this();
    }
    End(status);
  }

  bool OnNews(const JobNews&) override { return true; }
  void OnEnd(const Result<JobRecord>& end) override {
    const bool refused = !end && end.error().code == Code::kUnauthenticated;
    Run([this, end, refused] { refused ? LeaveRefused(end.error()) : Answer(end); });
  }
  void OnCancel() override {
    Run([this] { CallerLeft(); });
  }
  void OnDone() override {
    std::shared_ptr<SynthesizeCall> self;
    const MutexLock lock(mutex_);
    self = std::move(self_);
  }

 private:
  // As the call, on a thread that may be held up.
  template <typename Work>
  void Run(Work work) {
    parts_.threads.Run([self = shared_from_this(), ids = ids_, work = std::move(work)] {
      const telemetry::CallScope scope(ids);
      work();
    });
  }

  Status Prepare(const grpc::CallbackServerContext& context, const v1::SynthesizeRequest& request) {
    ATELIER_RETURN_IF_ERROR(parts_.lifecycle.MayStart());
    ids_ = telemetry::CurrentCall();
    if (request.has_max_inline_bytes()) {
      ATELIER_RETURN_IF_ERROR(CheckField(request, "max_inline_bytes", "max_inline_bytes"));
      max_inline_bytes_ = request.max_inline_bytes();
    }
    ATELIER_ASSIGN_OR_RETURN(Caller caller, parts_.callers.Of(context));
    may_follow_ = parts_.callers.WhetherStill(caller);
    ATELIER_ASSIGN_OR_RETURN(CallSlots::Slot slot, parts_.waiting.Take());
    slot_.emplace(std::move(slot));
    ATELIER_ASSIGN_OR_RETURN(memory_,
                             parts_.memory.Queue(static_cast<int64_t>(request.ByteSizeLong())));
    submit_ = SubmitOf(request);
    submit_.tenant = std::move(caller.tenant);
    submit_.every_tenant = caller.every_tenant;
    submit_.traceparent = TraceparentOf(context);
    has_request_id_ = !submit_.request_id.empty();
    return {};
  }

  void Submit() {
    {
      const MutexLock lock(mutex_);
      if (caller_left_) return EndLocked(CallerGone());
    }
    const Result<JobRecord> submitted = Queue();
    if (!submitted) return End(Reply(submitted.error()));
    const MutexLock lock(mutex_);
    job_ = submitted->id;
    key_ = parts_.followers.Follow({job_, 0, {}, std::move(may_follow_)}, shared_from_this());
    // What CallerLeft() could not do yet.
    if (caller_left_) LeaveJob();
  }

  // The request's memory is free again at its end.
  Result<JobRecord> Queue() {
    CallMemory::Hold memory = std::move(memory_);
    memory.Begin();
    return parts_.admission.Submit(std::exchange(submit_, SubmitRequest()));
  }

  void Answer(const Result<JobRecord>& end) {
    {
      const MutexLock lock(mutex_);
      if (ended_) return;
      // From now on the call has a response to fill, which gRPC takes away when it ends.
      answering_ = true;
    }
    End(end ? StatusOf(*end) : Reply(end.error()));
  }

  grpc::Status StatusOf(const JobRecord& job) {
    if (job.state == JobState::kSucceeded) return Reply(LoadImages(job));
    if (job.state == JobState::kCancelled) {
      return Reply(
          Error{Code::kCancelled, "JOB_CANCELLED", "jobs/" + job.id + " was cancelled", ""});
    }
    return Reply(Error{CodeOfJobFailure(job.error_reason), job.error_reason,
                       "jobs/" + job.id + ": " + job.error_message, ""});
  }

  Status LoadImages(const JobRecord& job) {
    v1::Job outcome;
    if (!outcome.ParseFromString(job.outcome)) {
      return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + job.id + " does not parse");
    }
    response_.set_job("jobs/" + job.id);
    *response_.mutable_warnings() = outcome.warnings();
    int64_t room = max_inline_bytes_;
    for (v1::PaintedImage& image : *outcome.mutable_images()) {
      ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(image.asset()));
      ATELIER_ASSIGN_OR_RETURN(const BlobInfo blob, parts_.blobs.Stat(digest));
      if (blob.size_bytes <= room) {
        ATELIER_ASSIGN_OR_RETURN(*image.mutable_data(), parts_.blobs.Get(digest));
        room -= blob.size_bytes;
      }
      *response_.add_images() = std::move(image);
    }
    return {};
  }

  void CallerLeft() {
    const MutexLock lock(mutex_);
    caller_left_ = true;
    if (key_ && !ended_ && !answering_) LeaveJob();
  }

  void LeaveJob() REQUIRES(mutex_) {
    if (parts_.followers.Leave(*key_)) CancelUnlessWanted();
    EndLocked(CallerGone());
  }

  // The caller's token is none any more, and its following ended with that: as if it had gone.
  void LeaveRefused(const Error& error) {
    const MutexLock lock(mutex_);
    if (ended_ || answering_) return;
    if (!parts_.followers.IsFollowed(job_)) CancelUnlessWanted();
    EndLocked(Reply(error));
  }

  // The caller is gone and nobody else waits: the job goes, too. But a caller with a request_id may
  // come back for it; and when the server stops, it is the server that ended the call.
  void CancelUnlessWanted() REQUIRES(mutex_) {
    if (has_request_id_ || !parts_.lifecycle.MayStart()) return;
    if (const auto cancelled = parts_.queue.Cancel(job_); !cancelled) {
      spdlog::error("job={} cannot cancel: {}", job_, cancelled.error().message);
    }
  }

  static grpc::Status CallerGone() {
    return Reply(Error{Code::kCancelled, "CALLER_GONE", "the caller is gone", ""});
  }

  void End(const grpc::Status& status) {
    const MutexLock lock(mutex_);
    EndLocked(status);
  }
  void EndLocked(const grpc::Status& status) REQUIRES(mutex_) {
    if (std::exchange(ended_, true)) return;
    Finish(status);
  }

  const Parts& parts_;
  v1::SynthesizeResponse& response_;  // gRPC's, until OnDone().
  telemetry::CallIds ids_;
  std::optional<CallSlots::Slot> slot_;
  CallMemory::Hold memory_;
  SubmitRequest submit_;
  bool has_request_id_ = false;
  std::function<Status()> may_follow_;
  int64_t max_inline_bytes_ = kMaxInlineBytes;

  Mutex mutex_;
  // Until OnDone(): gRPC holds no more than a pointer.
  std::shared_ptr<SynthesizeCall> self_ GUARDED_BY(mutex_);
  std::string job_ GUARDED_BY(mutex_);
  std::optional<JobFollowers::Key> key_ GUARDED_BY(mutex_);
  bool caller_left_ GUARDED_BY(mutex_) = false;
  bool answering_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace

class SynthesisServiceImpl::Messages final
    : public grpc::MessageAllocator<v1::SynthesizeRequest, v1::SynthesizeResponse> {
 public:
  grpc::MessageHolder<v1::SynthesizeRequest, v1::SynthesizeResponse>* AllocateMessages() override {
    return new Message();
  }
};

SynthesisServiceImpl::SynthesisServiceImpl(const Parts& parts)
    : parts_(parts), messages_(std::make_unique<Messages>()) {
  SetMessageAllocatorFor_Synthesize(messages_.get());
}

SynthesisServiceImpl::~SynthesisServiceImpl() = default;

grpc::ServerUnaryReactor* SynthesisServiceImpl::Synthesize(grpc::CallbackServerContext* context,
                                                           const v1::SynthesizeRequest* request,
                                                           v1::SynthesizeResponse* response) {
  const rpc::CallbackScope scope;
  const auto call = std::make_shared<SynthesizeCall>(parts_, response);
  if (grpc::Status status = parts_.callers.Begin(*context, *request); !status.ok()) {
    call->Refuse(status);
  } else {
    call->Start(*context, *request);
  }
  return call.get();
}

}  // namespace atelier::server
