#include "generation/generation_service.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "generation/synthesis_kind.h"
#include "picture/picture_header.h"
#include "rpc/known_fields.h"
#include "rpc/status.h"
#include "runtime/preparation.h"
#include "telemetry/trace.h"
#include "warnings/strict.h"

namespace atelier::generation {
namespace {

Error Draining() {
  return {Code::kUnavailable, "WORKER_DRAINING", "the worker is shutting down", ""};
}

v1::LeasedJob AsJob(const v1::GenerateRequest& request) {
  v1::LeasedJob job;
  *job.mutable_spec() = JobSpecOf(request);
  return job;
}

/// The Error of a field of SynthesisSpec as one of GenerateRequest's.
Error InRequest(Error error) {
  if (!error.field.empty() && !error.field.starts_with("spec.")) {
    error.field = "spec." + error.field;
  }
  return error;
}

/// Events of the one job, queued between the painting thread and the thread that writes to the
/// client: a client that does not read must not hold up the worker.
class EventQueue : public runtime::BatchEvents {
 public:
  explicit EventQueue(std::stop_token drain)
      : drain_(std::move(drain)), on_drain_(drain_, [this] { stop_.request_stop(); }) {}

  bool Wanted(size_t /*job*/) override { return !stop_.stop_requested(); }
  void OnProgress(size_t /*job*/, v1::JobProgress progress) override {
    v1::GenerateResponse event;
    *event.mutable_progress() = std::move(progress);
    Push(std::move(event));
  }
  /// The call's pictures come after its last step.
  void OnPicture(size_t /*job*/, size_t index, runtime::PaintedPicture picture) override {
    v1::GenerateResponse event;
    v1::PaintedImage& image = *event.mutable_image();
    // A result of the painter, of whatever size.
    const auto header =
        ReadPictureHeader(picture.png, "png", static_cast<int64_t>(picture.png.size()));
    if (header) {
      image.set_height(header->height);
      image.set_width(header->width);
    }
    image.set_seed(picture.seed);
    image.set_data(std::move(picture.png));
    if (pictures_.size() <= index) pictures_.resize(index + 1);
    pictures_[index] = std::move(event);
  }
  void OnEnd(size_t /*job*/, Status end) override {
    if (!end) return Fail(end.error());
    for (v1::GenerateResponse& event : pictures_) Push(std::move(event));
  }

  /// What was found in preparing the job; before its pictures.
  void OnWarnings(const std::vector<Warning>& warnings) {
    for (const v1::Warning& warning : WarningsToMessages(warnings)) {
      v1::GenerateResponse event;
      *event.mutable_warning() = warning;
      Push(std::move(event));
    }
  }
  /// The call's end with `error`, unless it is the worker that ends.
  void Fail(const Error& error) {
    std::lock_guard lock(mutex_);
    status_ = tl::unexpected(drain_.stop_requested() ? Draining() : InRequest(error));
  }
  /// No event comes any more.
  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  /// The client is gone: whatever is done for it stops, painting at the end of its step.
  void Abandon() { stop_.request_stop(); }
  std::stop_token stop_token() const { return stop_.get_token(); }
  /// Waits a moment for the next event. False after the last; no event: none came yet.
  bool Pop(std::optional<v1::GenerateResponse>& event) {
    std::unique_lock lock(mutex_);
    event.reset();
    changed_.wait_for(lock, kPollInterval, [this] { return closed_ || !events_.empty(); });
    if (events_.empty()) return !closed_;
    event = std::move(events_.front());
    events_.pop_front();
    return true;
  }
  Status status() {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  /// How soon a client that cancelled is noticed.
  static constexpr std::chrono::milliseconds kPollInterval{20};

  void Push(v1::GenerateResponse event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  const std::stop_token drain_;
  std::stop_source stop_;  // by the drain or the client
  const std::stop_callback<std::function<void()>> on_drain_;
  std::vector<v1::GenerateResponse> pictures_;  // The painting thread's.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::GenerateResponse> events_;  // GUARDED_BY(mutex_)
  bool closed_ = false;                      // GUARDED_BY(mutex_)
  Status status_;                            // GUARDED_BY(mutex_)
};

/// Prepares and paints one job; whatever becomes of it, `events` are told.
void Paint(runtime::BatchExecutor& executor, const v1::GenerateRequest& request,
           EventQueue& events) {
  const runtime::Preparation prepared =
      runtime::PrepareJob(executor, AsJob(request), events.stop_token());
  events.OnWarnings(prepared.warnings);
  if (!prepared.status) return events.OnEnd(0, prepared.status);
  runtime::PreparedJob* const job = prepared.job.get();
  executor.Paint({&job, 1}, events);
}

}  // namespace

grpc::Status GenerationServiceImpl::Generate(grpc::ServerContext* context,
                                             const v1::GenerateRequest* request,
                                             grpc::ServerWriter<v1::GenerateResponse>* writer) {
  if (drain_.stop_requested()) return rpc::ToGrpc(Draining());
  if (const Status known = rpc::CheckKnownFields(*request); !known) return rpc::ToGrpc(known);
  if (const Status strict = CheckStrict(request->strict(), "strict"); !strict) {
    return rpc::ToGrpc(strict);
  }
  if (const Status by_value = RequirePicturesByValue(*request); !by_value) {
    return rpc::ToGrpc(by_value);
  }
  const auto executor = executor_.Get();
  if (!executor) return rpc::ToGrpc(executor.error());
  const auto turn = runtime::TakeTurn(
      turns_, [&] { return !context->IsCancelled() && !drain_.stop_requested(); });
  if (drain_.stop_requested()) return rpc::ToGrpc(Draining());
  if (!turn) return rpc::ToGrpc(turn.error());
  EventQueue events(drain_.get_token());
  // Of this thread, which waits below for the other.
  const telemetry::CallIds& ids = telemetry::CurrentCall();
  std::thread painting([&] {
    // It works for the call as the thread that serves it does.
    const telemetry::CallScope scope(ids);
    Paint(**executor, *request, events);
    events.Close();
  });
  std::optional<v1::GenerateResponse> event;
  while (events.Pop(event)) {
    if (context->IsCancelled() || (event && !writer->Write(*event))) events.Abandon();
  }
  painting.join();
  return rpc::ToGrpc(events.status());
}

}  // namespace atelier::generation
