#include "runtime/dispatch_client.h"

#include <google/protobuf/util/time_util.h>

#include "rpc/status.h"
#include "runtime/link/heartbeat.h"
#include "telemetry/log.h"
#include "warnings/warning_message.h"

namespace atelier::runtime {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::chrono::seconds kCallDeadline{5};
/// The server may write before it answers.
constexpr std::chrono::seconds kEndDeadline{30};
/// What a message of StoreAsset may bring.
constexpr size_t kChunkBytes = 1 << 20;
/// Longest time for each of them beside the deadline of an end.
constexpr std::chrono::seconds kChunkDeadline{2};

void SetDeadline(grpc::ClientContext& context, std::chrono::milliseconds deadline) {
  context.set_deadline(std::chrono::system_clock::now() + deadline);
}

/// Waits until the deadline for a server that is away. Such a call is also what makes the channel
/// notice that the server is back: gRPC looks at its connections while some call waits, and every
/// five seconds otherwise, when leases may have run out.
void WaitForServer(grpc::ClientContext& context) { context.set_wait_for_ready(true); }

/// Calls in a row that end without a word from anybody, after which another connection is made.
constexpr int kSilentCalls = 3;

using Async = v1::DispatchService::StubInterface::async_interface;

/// Makes a unary call of DispatchService and waits for its end.
template <typename Request, typename Response>
grpc::Status Call(ServerConnection& connection,
                  void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                        std::function<void(grpc::Status)>),
                  grpc::ClientContext& context, const Request& request, Response& response) {
  return connection.Call(context, [&](std::function<void(grpc::Status)> ended) {
    (connection.dispatch().async()->*method)(&context, &request, &response, std::move(ended));
  });
}

}  // namespace

DispatchClient::DispatchClient(const std::shared_ptr<grpc::ChannelInterface>& channel,
                               std::string worker, ConnectToServer reconnect)
    : worker_(std::move(worker)),
      reconnect_(std::move(reconnect)),
      patience_(kCallDeadline),
      connection_(std::make_shared<ServerConnection>(channel)) {}

std::shared_ptr<ServerConnection> DispatchClient::connection() {
  MutexLock lock(mutex_);
  return connection_;
}

std::shared_ptr<ServerConnection> DispatchClient::Spare() {
  MutexLock lock(mutex_);
  if (!spare_ && reconnect_) spare_ = std::make_shared<ServerConnection>(reconnect_());
  return spare_;
}

void DispatchClient::GoOnOver(const std::shared_ptr<ServerConnection>& after,
                              const std::shared_ptr<ServerConnection>& before,
                              const std::string& silent) {
  {
    MutexLock lock(mutex_);
    if (connection_ == before) {
      spdlog::warn("worker={} the server {} is silent, going on at another one", worker_, silent);
      connection_ = after;
      silent_calls_ = 0;
      if (spare_ == after) spare_.reset();
    }
  }
  before->CancelAt(silent);
}

Status DispatchClient::Ended(const grpc::Status& status) {
  const bool silent =
      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && !rpc::IsFromPeer(status);
  {
    MutexLock lock(mutex_);
    silent_calls_ = silent ? silent_calls_ + 1 : 0;
    if (silent_calls_ >= kSilentCalls && reconnect_) {
      silent_calls_ = 0;
      spdlog::warn("worker={} the server is silent, connecting anew", worker_);
      connection_ = std::make_shared<ServerConnection>(reconnect_());
    }
  }
  if (status.ok()) return {};
  return tl::unexpected(rpc::FromGrpc(status, "the server"));
}

Result<std::chrono::milliseconds> DispatchClient::Register(const std::vector<v1::Model>& models) {
  grpc::ClientContext context;
  SetDeadline(context, kCallDeadline);
  v1::RegisterWorkerRequest request;
  request.set_worker(worker_);
  request.mutable_models()->Assign(models.begin(), models.end());
  v1::RegisterWorkerResponse response;
  ATELIER_RETURN_IF_ERROR(
      Ended(Call(*connection(), &Async::RegisterWorker, context, request, response)));
  return std::chrono::milliseconds(TimeUtil::DurationToMilliseconds(response.lease_duration()));
}

Result<std::vector<v1::LeasedJob>> DispatchClient::LeaseJobs(int max_jobs,
                                                             std::chrono::milliseconds wait,
                                                             std::stop_token stop) {
  grpc::ClientContext context;
  SetDeadline(context, wait + kCallDeadline);
  WaitForServer(context);
  v1::LeaseJobsRequest request;
  request.set_worker(worker_);
  request.set_max_jobs(max_jobs);
  *request.mutable_wait() = TimeUtil::MillisecondsToDuration(wait.count());
  v1::LeaseJobsResponse response;
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  ATELIER_RETURN_IF_ERROR(
      Ended(Call(*connection(), &Async::LeaseJobs, context, request, response)));
  return std::vector<v1::LeasedJob>(std::make_move_iterator(response.mutable_jobs()->begin()),
                                    std::make_move_iterator(response.mutable_jobs()->end()));
}

Status DispatchClient::Leave(const std::vector<std::string>& held) {
  grpc::ClientContext context;
  SetDeadline(context, kCallDeadline);
  v1::LeaseJobsRequest request;
  request.set_worker(worker_);
  request.set_max_jobs(1);
  request.set_leaving(true);
  request.mutable_held()->Assign(held.begin(), held.end());
  v1::LeaseJobsResponse response;
  return Ended(Call(*connection(), &Async::LeaseJobs, context, request, response));
}

Result<bool> DispatchClient::Report(const v1::LeasedJob& job,
                                    const std::optional<v1::JobProgress>& progress,
                                    std::stop_token stop) {
  v1::ReportProgressRequest request;
  request.set_job(job.job());
  request.set_lease(job.lease());
  if (progress) *request.mutable_progress() = *progress;
  const auto heartbeat = Heartbeat::Make(std::move(request));
  const std::stop_callback cancel(stop, [&] { heartbeat->Cancel(); });
  const std::shared_ptr<ServerConnection> first = connection();
  heartbeat->Ask(first, kCallDeadline);
  if (!heartbeat->WaitForAnswer(patience_.load()) && !stop.stop_requested()) {
    if (const auto spare = Spare()) heartbeat->Ask(spare, kCallDeadline);
  }
  const Heartbeat::Answer answer = heartbeat->WaitForEnd();
  const std::string silent = heartbeat->SilentServer();
  if (answer.from_server && answer.connection != first && !silent.empty()) {
    GoOnOver(answer.connection, first, silent);
  }
  heartbeat->Cancel();
  ATELIER_RETURN_IF_ERROR(Ended(answer.status));
  return answer.response.cancel_requested();
}

Result<std::string> DispatchClient::Store(const v1::LeasedJob& job, const std::string& png,
                                          std::stop_token stop) {
  grpc::ClientContext context;
  SetDeadline(context, kEndDeadline + kChunkDeadline * (png.size() / kChunkBytes));
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  // What is known at the start and the end of the stream goes with the messages: a picture of one
  // message costs no more packets than a call without a stream.
  context.set_initial_metadata_corked(true);
  v1::StoreAssetResponse response;
  const std::shared_ptr<ServerConnection> connection = this->connection();
  const auto writer = connection->assets().StoreAsset(&context, &response);
  const ServerConnection::OpenCall open(*connection, context);
  v1::StoreAssetRequest request;
  request.set_job(job.job());
  request.set_lease(job.lease());
  size_t at = 0;
  do {
    request.set_chunk(png.substr(at, kChunkBytes));
    at += kChunkBytes;
    grpc::WriteOptions options;
    if (at >= png.size()) options.set_last_message();
    // A refused picture stops being taken; Finish() says why.
    if (!writer->Write(request, options)) break;
    request.Clear();
  } while (at < png.size());
  ATELIER_RETURN_IF_ERROR(Ended(open.Outcome(writer->Finish())));
  return response.asset();
}

Status DispatchClient::Record(const v1::LeasedJob& job, size_t index, const v1::JobResult& result) {
  grpc::ClientContext context;
  SetDeadline(context, kEndDeadline);
  v1::RecordResultsRequest request;
  request.set_job(job.job());
  request.set_lease(job.lease());
  request.set_first(static_cast<int32_t>(index));
  *request.add_results() = result;
  v1::RecordResultsResponse response;
  return Ended(Call(*connection(), &Async::RecordResults, context, request, response));
}

Status DispatchClient::Complete(const v1::LeasedJob& job, const std::vector<v1::JobResult>& results,
                                const ResultNotes& notes) {
  grpc::ClientContext context;
  SetDeadline(context, kEndDeadline);
  v1::CompleteJobRequest request;
  request.set_job(job.job());
  request.set_lease(job.lease());
  request.mutable_results()->Assign(results.begin(), results.end());
  *request.mutable_warnings() = WarningsToMessages(notes.warnings);
  if (!notes.receipt.version().empty()) *request.mutable_receipt() = notes.receipt;
  request.set_device_seconds(notes.device_seconds);
  if (!notes.film.facts.asset().empty()) *request.mutable_film() = notes.film.facts;
  v1::CompleteJobResponse response;
  return Ended(Call(*connection(), &Async::CompleteJob, context, request, response));
}

Status DispatchClient::Fail(const v1::LeasedJob& job, const JobFailure& failure) {
  const Error& error = failure.error;
  grpc::ClientContext context;
  SetDeadline(context, kCallDeadline);
  v1::FailJobRequest request;
  request.set_job(job.job());
  request.set_lease(job.lease());
  request.set_reason(error.reason.empty() ? std::string(CodeName(error.code)) : error.reason);
  request.set_message(error.message);
  request.set_retryable(failure.retryable);
  request.set_uncounted(failure.uncounted);
  request.set_device_seconds(failure.device_seconds);
  *request.mutable_warnings() = WarningsToMessages(failure.warnings);
  v1::FailJobResponse response;
  return Ended(Call(*connection(), &Async::FailJob, context, request, response));
}

}  // namespace atelier::runtime
