#include "fake_dispatch.h"

#include <google/protobuf/util/time_util.h>

#include "rpc/status.h"

namespace atelier {
namespace {

using google::protobuf::util::TimeUtil;

grpc::Status Unavailable() {
  return rpc::ToGrpc(Error{Code::kUnavailable, "RESTARTING", "not there", ""});
}

grpc::Status LeaseLost() {
  return rpc::ToGrpc(Error{Code::kAborted, "LEASE_LOST", "somebody else has it", ""});
}

}  // namespace

FakeDispatch::FakeDispatch(EventLog& log) : log_(log) {
  server_ = std::move(rpc::Server::Start({}, {this, &assets_}).value());
}

FakeDispatch::~FakeDispatch() { server_->Shutdown(std::chrono::milliseconds(0)); }

std::shared_ptr<grpc::Channel> FakeDispatch::Connect() const {
  return rpc::Connect("127.0.0.1:" + std::to_string(server_->port()));
}

void FakeDispatch::Enqueue(const std::vector<std::string>& jobs) {
  std::lock_guard lock(mutex_);
  queue_.push_back(jobs);
  queued_.notify_all();
}

void FakeDispatch::SetFinished(const std::string& job, const std::vector<std::string>& assets) {
  std::lock_guard lock(mutex_);
  finished_[job] = assets;
}

void FakeDispatch::SetStrict(const std::string& job, const std::string& reason) {
  std::lock_guard lock(mutex_);
  strict_[job] = reason;
}

void FakeDispatch::Lose(const std::string& job) {
  std::lock_guard lock(mutex_);
  lost_.insert(job);
}

void FakeDispatch::Cancel(const std::string& job) {
  std::lock_guard lock(mutex_);
  cancelled_.insert(job);
}

void FakeDispatch::Restart(int count) {
  std::lock_guard lock(mutex_);
  unavailable_calls_ = count;
  worker_known_ = false;
}

void FakeDispatch::RefuseCompletions(int count, const std::string& reason) {
  std::lock_guard lock(mutex_);
  refused_completions_ = count;
  refusal_reason_ = reason;
}

void FakeDispatch::HoldFailures() {
  std::lock_guard lock(mutex_);
  failures_held_ = true;
}

void FakeDispatch::LetFailures() {
  std::lock_guard lock(mutex_);
  failures_held_ = false;
  let_.notify_all();
}

double FakeDispatch::DeviceSecondsOf(const std::string& job) {
  std::lock_guard lock(mutex_);
  return device_seconds_[job];
}

void FakeDispatch::HoldCompletions() {
  std::lock_guard lock(mutex_);
  completions_held_ = true;
}

void FakeDispatch::LetCompletions() {
  std::lock_guard lock(mutex_);
  completions_held_ = false;
  let_.notify_all();
}

void FakeDispatch::FillDisk(int count) {
  std::lock_guard lock(mutex_);
  unstored_pictures_ = count;
}

void FakeDispatch::RefusePictures(const std::string& job) {
  std::lock_guard lock(mutex_);
  refused_pictures_.insert(job);
}

std::vector<std::string> FakeDispatch::ResultsOf(const std::string& job) {
  std::lock_guard lock(mutex_);
  return results_[job];
}

void FakeDispatch::Stall() {
  std::lock_guard lock(mutex_);
  stalled_ = true;
}

void FakeDispatch::Resume() {
  std::lock_guard lock(mutex_);
  stalled_ = false;
  let_.notify_all();
}

void FakeDispatch::HoldPictures() {
  std::lock_guard lock(mutex_);
  pictures_held_ = true;
}

void FakeDispatch::LetPictures() {
  std::lock_guard lock(mutex_);
  pictures_held_ = false;
  let_.notify_all();
}

grpc::Status FakeDispatch::Assets::StoreAsset(grpc::ServerContext* /*context*/,
                                              grpc::ServerReader<v1::StoreAssetRequest>* reader,
                                              v1::StoreAssetResponse* response) {
  std::string job;
  std::string bytes;
  v1::StoreAssetRequest message;
  while (reader->Read(&message)) {
    if (job.empty()) job = message.job();
    bytes += message.chunk();
  }
  std::unique_lock lock(dispatch_.mutex_);
  if (dispatch_.pictures_held_) dispatch_.log_.Add("storing " + job);
  dispatch_.let_.wait(lock, [this] { return !dispatch_.pictures_held_; });
  if (const grpc::Status taken = dispatch_.TakePicture(job); !taken.ok()) return taken;
  if (dispatch_.lost_.contains(job)) return LeaseLost();
  dispatch_.log_.Add("store " + job + " " + bytes);
  response->set_asset("assets/" + bytes);
  return grpc::Status::OK;
}

grpc::Status FakeDispatch::TakePicture(const std::string& job) {
  if (unstored_pictures_ > 0) {
    --unstored_pictures_;
    log_.Add("full " + job);
    return rpc::ToGrpc(Error{Code::kResourceExhausted, "STORAGE_FULL", "no room", ""});
  }
  if (refused_pictures_.contains(job)) {
    return rpc::ToGrpc(Error{Code::kInvalidArgument, "INVALID_FIELD", "no picture", "png"});
  }
  return grpc::Status::OK;
}

grpc::Status FakeDispatch::RegisterWorker(grpc::ServerContext* /*context*/,
                                          const v1::RegisterWorkerRequest* /*request*/,
                                          v1::RegisterWorkerResponse* response) {
  std::lock_guard lock(mutex_);
  worker_known_ = true;
  *response->mutable_lease_duration() = TimeUtil::SecondsToDuration(9);
  log_.Add("register");
  return grpc::Status::OK;
}

grpc::Status FakeDispatch::LeaseJobs(grpc::ServerContext* /*context*/,
                                     const v1::LeaseJobsRequest* request,
                                     v1::LeaseJobsResponse* response) {
  std::unique_lock lock(mutex_);
  let_.wait(lock, [this] { return !stalled_; });
  if (request->leaving()) {
    std::string line = "leave";
    for (const std::string& token : request->held()) line += " " + token;
    log_.Add(line);
    return grpc::Status::OK;
  }
  const std::chrono::milliseconds wait(TimeUtil::DurationToMilliseconds(request->wait()));
  queued_.wait_for(lock, wait, [this] { return !queue_.empty() || !worker_known_; });
  if (unavailable_calls_ > 0) {
    --unavailable_calls_;
    log_.Add("unavailable");
    return Unavailable();
  }
  if (!worker_known_) {
    return rpc::ToGrpc(Error{Code::kFailedPrecondition, "UNKNOWN_WORKER", "register first", ""});
  }
  if (queue_.empty()) return grpc::Status::OK;
  for (const std::string& name : queue_.front()) {
    v1::LeasedJob& job = *response->add_jobs();
    job.set_job(name);
    job.set_lease("token " + std::to_string(next_token_++));
    for (const std::string& asset : finished_[name]) job.add_finished()->set_asset(asset);
    if (strict_.contains(name)) job.mutable_spec()->add_strict(strict_[name]);
    log_.Add("lease " + name);
  }
  queue_.pop_front();
  return grpc::Status::OK;
}

grpc::Status FakeDispatch::ReportProgress(grpc::ServerContext* /*context*/,
                                          const v1::ReportProgressRequest* request,
                                          v1::ReportProgressResponse* response) {
  std::lock_guard lock(mutex_);
  log_.Add(request->has_progress()
               ? "progress " + request->job() + " " + std::to_string(request->progress().step())
               : "heartbeat " + request->job());
  if (lost_.contains(request->job())) return LeaseLost();
  response->set_cancel_requested(cancelled_.contains(request->job()));
  return grpc::Status::OK;
}

grpc::Status FakeDispatch::RecordResults(grpc::ServerContext* /*context*/,
                                         const v1::RecordResultsRequest* request,
                                         v1::RecordResultsResponse* /*response*/) {
  std::lock_guard lock(mutex_);
  if (lost_.contains(request->job())) return LeaseLost();
  log_.Add("record " + request->job() + " " + std::to_string(request->first()));
  return grpc::Status::OK;
}

grpc::Status FakeDispatch::CompleteJob(grpc::ServerContext* /*context*/,
                                       const v1::CompleteJobRequest* request,
                                       v1::CompleteJobResponse* /*response*/) {
  std::unique_lock lock(mutex_);
  if (completions_held_) log_.Add("completing " + request->job());
  let_.wait(lock, [this] { return !completions_held_; });
  if (refused_completions_ > 0) {
    --refused_completions_;
    if (refusal_reason_.empty()) return Unavailable();
    log_.Add("refused " + request->job());
    const Code code = refusal_reason_ == "STORE_FAILED" ? Code::kInternal : Code::kUnavailable;
    return rpc::ToGrpc(Error{code, refusal_reason_, "not now", ""});
  }
  for (const v1::JobResult& result : request->results()) {
    if (result.png().empty()) continue;
    if (const grpc::Status taken = TakePicture(request->job()); !taken.ok()) return taken;
  }
  for (const v1::Warning& warning : request->warnings()) {
    log_.Add("warning " + request->job() + " " + warning.reason());
  }
  device_seconds_[request->job()] = request->device_seconds();
  results_[request->job()].clear();
  for (const v1::JobResult& result : request->results()) {
    results_[request->job()].push_back(result.asset() + result.png() + " " +
                                       std::to_string(result.seed()));
  }
  log_.Add("complete " + request->job());
  return lost_.contains(request->job()) ? LeaseLost() : grpc::Status::OK;
}

grpc::Status FakeDispatch::FailJob(grpc::ServerContext* /*context*/,
                                   const v1::FailJobRequest* request,
                                   v1::FailJobResponse* /*response*/) {
  std::unique_lock lock(mutex_);
  if (failures_held_) log_.Add("failing " + request->job());
  let_.wait(lock, [this] { return !failures_held_; });
  device_seconds_[request->job()] = request->device_seconds();
  for (const v1::Warning& warning : request->warnings()) {
    log_.Add("warning " + request->job() + " " + warning.reason());
  }
  if (request->uncounted()) log_.Add("uncounted " + request->job());
  log_.Add("fail " + request->job() + " " + request->reason() +
           (request->retryable() ? " retryable" : " final"));
  return lost_.contains(request->job()) ? LeaseLost() : grpc::Status::OK;
}

}  // namespace atelier
