#include "generation/generation_service.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "rpc/status.h"
#include "runtime/picture_argument.h"

namespace atelier::generation {
namespace {

Error Draining() {
  return {Code::kUnavailable, "WORKER_DRAINING", "the worker is shutting down", ""};
}

Status RequirePicturesByValue(const v1::SynthesisSpec& spec) {
  ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.source(), "spec.source"));
  if (spec.has_pose_picture()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.pose_picture(), "spec.pose_picture"));
  }
  if (spec.has_pose_iuv()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.pose_iuv(), "spec.pose_iuv"));
  }
  if (spec.has_texture()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.texture(), "spec.texture"));
  }
  if (spec.has_face()) {
    ATELIER_RETURN_IF_ERROR(runtime::RequireByValue(spec.face(), "spec.face"));
  }
  return {};
}

v1::LeasedJob AsJob(const v1::SynthesisSpec& spec) {
  v1::LeasedJob job;
  v1::SynthesisSpec& synthesis = *job.mutable_spec()->mutable_synthesis();
  synthesis = spec;
  if (!spec.has_seed()) synthesis.set_seed(std::random_device()());
  return job;
}

/// Events of the one job, queued between the painting thread and the thread that writes to the
/// client: a client that does not read must not hold up the worker.
class EventQueue : public runtime::BatchEvents {
 public:
  explicit EventQueue(std::stop_token drain) : drain_(std::move(drain)) {}

  bool Wanted(size_t /*job*/) override {
    return !abandoned_.stop_requested() && !drain_.stop_requested();
  }
  void OnProgress(size_t /*job*/, v1::JobProgress progress) override {
    v1::GenerateResponse event;
    *event.mutable_progress() = std::move(progress);
    Push(std::move(event));
  }
  void OnResult(size_t /*job*/, Result<runtime::PaintedPictures> result) override {
    if (!result) {
      const bool drained = drain_.stop_requested() && result.error().code == Code::kCancelled;
      std::lock_guard lock(mutex_);
      status_ = tl::unexpected(drained ? Draining() : result.error());
      return;
    }
    for (v1::PaintedPicture& picture : *result) {
      v1::GenerateResponse event;
      event.mutable_image()->set_seed(picture.seed());
      event.mutable_image()->mutable_data()->swap(*picture.mutable_png());
      Push(std::move(event));
    }
  }

  /// No event comes any more.
  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  /// The client is gone: painting stops at the next step.
  void Abandon() { abandoned_.request_stop(); }
  /// The next event; none after the last.
  std::optional<v1::GenerateResponse> Pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !events_.empty(); });
    if (events_.empty()) return std::nullopt;
    v1::GenerateResponse event = std::move(events_.front());
    events_.pop_front();
    return event;
  }
  Status status() {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  void Push(v1::GenerateResponse event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  const std::stop_token drain_;
  std::stop_source abandoned_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::GenerateResponse> events_;  // GUARDED_BY(mutex_)
  bool closed_ = false;                      // GUARDED_BY(mutex_)
  Status status_;                            // GUARDED_BY(mutex_)
};

}  // namespace

grpc::Status GenerationServiceImpl::Generate(grpc::ServerContext* context,
                                             const v1::GenerateRequest* request,
                                             grpc::ServerWriter<v1::GenerateResponse>* writer) {
  if (drain_.stop_requested()) return rpc::ToGrpc(Draining());
  if (const Status by_value = RequirePicturesByValue(request->spec()); !by_value) {
    return rpc::ToGrpc(by_value.error());
  }
  auto prepared = executor_.Prepare(AsJob(request->spec()), drain_.get_token());
  if (!prepared) {
    return rpc::ToGrpc(drain_.stop_requested() ? Draining() : prepared.error());
  }
  EventQueue events(drain_.get_token());
  std::thread painting([&] {
    runtime::PreparedJob* const job = prepared->get();
    executor_.Paint({&job, 1}, events);
    events.Close();
  });
  while (auto event = events.Pop()) {
    if (context->IsCancelled() || !writer->Write(*event)) events.Abandon();
  }
  painting.join();
  return rpc::ToGrpc(events.status());
}

}  // namespace atelier::generation
