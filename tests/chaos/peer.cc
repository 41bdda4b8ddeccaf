#include "chaos/peer.h"

#include <chrono>
#include <iterator>

#include "digest/sha256.h"
#include "rpc/credentials.h"
#include "rpc/status.h"

namespace atelier::chaos {
namespace {

constexpr std::chrono::seconds kDeadline(10);
constexpr int kPageSize = 1000;

std::shared_ptr<grpc::Channel> Connect(const std::string& address,
                                       const rpc::ChannelSecurity& security = {}) {
  grpc::ChannelArguments arguments;
  // Its own connection, whose back-off nobody else has driven up.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetMaxReceiveMessageSize(80 << 20);
  return rpc::MakeChannel(address, arguments, security);
}

std::shared_ptr<grpc::Channel> ConnectAsWorker(const std::filesystem::path& data) {
  return Connect("unix:" + (data / "dispatch.sock").string(),
                 {.token = rpc::SecretOfFile(data / "worker.secret", "worker_secret_file")});
}

template <typename Response, typename Stub, typename Request>
Result<Response> Call(Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return Unexpected(rpc::FromGrpc(status));
  return response;
}

template <typename T>
Status Only(const Result<T>& result) {
  if (!result) return Propagate(result.error());
  return {};
}

}  // namespace

Peer::Peer(const std::string& address, const std::filesystem::path& data)
    : jobs_(v1::JobService::NewStub(Connect(address))),
      assets_(v1::AssetService::NewStub(Connect(address))),
      dispatch_(v1::DispatchService::NewStub(ConnectAsWorker(data))),
      worker_assets_(v1::WorkerAssetService::NewStub(ConnectAsWorker(data))) {}

Result<v1::Job> Peer::Submit(const v1::JobSpec& spec, const std::string& request_id) {
  v1::SubmitJobRequest request;
  *request.mutable_spec() = spec;
  request.set_request_id(request_id);
  return Call(*jobs_, &v1::JobService::Stub::SubmitJob, request);
}

Result<v1::Job> Peer::Get(const std::string& name) {
  v1::GetJobRequest request;
  request.set_name(name);
  return Call(*jobs_, &v1::JobService::Stub::GetJob, request);
}

Result<std::vector<v1::Job>> Peer::All() {
  std::vector<v1::Job> jobs;
  v1::ListJobsRequest request;
  request.set_page_size(kPageSize);
  do {
    ATELIER_ASSIGN_OR_RETURN(v1::ListJobsResponse page,
                             Call(*jobs_, &v1::JobService::Stub::ListJobs, request));
    jobs.insert(jobs.end(), std::make_move_iterator(page.mutable_jobs()->begin()),
                std::make_move_iterator(page.mutable_jobs()->end()));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return jobs;
}

Result<std::string> Peer::Upload(const std::string& png) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  v1::Asset stored;
  const auto writer = assets_->UploadAsset(&context, &stored);
  v1::UploadAssetRequest picture;
  picture.set_chunk(png);
  writer->Write(picture);
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) return Unexpected(rpc::FromGrpc(status));
  return stored.name();
}

Result<std::string> Peer::Download(const std::string& asset) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  v1::DownloadAssetRequest request;
  request.set_name(asset);
  const auto reader = assets_->DownloadAsset(&context, request);
  std::string bytes;
  for (v1::DownloadAssetResponse part; reader->Read(&part);) bytes += part.chunk();
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return Unexpected(rpc::FromGrpc(status));
  return bytes;
}

Status Peer::Register(const std::string& worker, const std::string& model) {
  v1::RegisterWorkerRequest request;
  request.set_worker(worker);
  v1::Model& described = *request.add_models();
  described.set_name(model);
  described.set_height(64);
  described.set_width(64);
  described.set_default_steps(4);
  described.set_default_guidance(1);
  described.set_default_scheduler("ddim");
  described.add_schedulers("ddim");
  return Only(Call(*dispatch_, &v1::DispatchService::Stub::RegisterWorker, request));
}

Result<std::vector<v1::LeasedJob>> Peer::Lease(const std::string& worker, int max_jobs) {
  v1::LeaseJobsRequest request;
  request.set_worker(worker);
  request.set_max_jobs(max_jobs);
  request.mutable_wait()->set_seconds(5);
  ATELIER_ASSIGN_OR_RETURN(const v1::LeaseJobsResponse response,
                           Call(*dispatch_, &v1::DispatchService::Stub::LeaseJobs, request));
  return std::vector<v1::LeasedJob>(response.jobs().begin(), response.jobs().end());
}

Status Peer::Complete(const std::string& job, const std::string& token, const std::string& png) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  v1::StoreAssetResponse stored;
  const auto writer = worker_assets_->StoreAsset(&context, &stored);
  v1::StoreAssetRequest picture;
  picture.set_job(job);
  picture.set_lease(token);
  picture.set_chunk(png);
  writer->Write(picture);
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  // One that is refused here already has its completion refused and counted as well.
  if (!status.ok()) stored.set_asset("assets/" + Sha256Hex(png));
  v1::CompleteJobRequest request;
  request.set_job(job);
  request.set_lease(token);
  request.add_results()->set_asset(stored.asset());
  return Only(Call(*dispatch_, &v1::DispatchService::Stub::CompleteJob, request));
}

Status Peer::Heartbeat(const std::string& job, const std::string& token) {
  v1::ReportProgressRequest request;
  request.set_job(job);
  request.set_lease(token);
  return Only(Call(*dispatch_, &v1::DispatchService::Stub::ReportProgress, request));
}

}  // namespace atelier::chaos
