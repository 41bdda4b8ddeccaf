#include "client/client.h"

#include <grpcpp/grpcpp.h>

#include <functional>
#include <optional>

#include "atelier/v1/administration.grpc.pb.h"
#include "atelier/v1/asset.grpc.pb.h"
#include "atelier/v1/job.grpc.pb.h"
#include "atelier/v1/model.grpc.pb.h"
#include "atelier/v1/pose.grpc.pb.h"
#include "atelier/v1/region.grpc.pb.h"
#include "base/ids.h"
#include "client/outage.h"
#include "client/sendable.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "telemetry/trace.h"

namespace atelier::client {

namespace {

using std::chrono::milliseconds;

// UploadAsset takes messages of at most 1 MiB.
constexpr size_t kUploadChunkBytes = 256 << 10;

/// The error of a failed call: of the server, or of one that the server asked.
Unexpected Failure(const grpc::Status& status, const ClientOptions& options) {
  return Propagate(rpc::FromGrpc(status, "the server at " + options.server));
}

/// The options with a trace that can be sent.
ClientOptions WithTrace(ClientOptions options) {
  if (telemetry::ParseTraceparent(options.traceparent)) return options;
  options.traceparent = telemetry::NewTrace().ToString();
  return options;
}

/// REQUIRES: CheckOptions().
void AddMetadata(grpc::ClientContext& context, const ClientOptions& options) {
  context.AddMetadata("traceparent", options.traceparent);
  if (!options.tenant.empty()) context.AddMetadata("atelier-tenant", options.tenant);
}

rpc::ChannelSecurity SecurityOf(const ClientOptions& options) {
  rpc::ChannelSecurity security;
  security.ca_file = options.ca_file;
  security.cert_file = options.cert_file;
  security.key_file = options.key_file;
  security.insecure = options.insecure;
  security.token = rpc::FixedSecret(options.token);
  return security;
}

/// A channel that is used only if CheckOptions() says so.
std::shared_ptr<grpc::Channel> ConnectAs(const ClientOptions& options) {
  const rpc::ChannelSecurity security = SecurityOf(options);
  return rpc::CheckFiles(security) ? rpc::Connect(options.server, security)
                                   : rpc::Connect(options.server);
}

Status CheckOptions(const ClientOptions& options) {
  if (!IsServer(options.server)) return BadArgument("server", kServerRule, options.server);
  if (!options.tenant.empty() && !IsTenant(options.tenant)) {
    return BadArgument("tenant", kTenantRule, options.tenant);
  }
  if (!IsToken(options.token)) return BadArgument("token", kTokenRule, "something else");
  Status secure = rpc::CheckFiles(SecurityOf(options));
  if (secure && !options.token.empty()) {
    secure = rpc::CheckChannel("server", options.server, SecurityOf(options));
  }
  if (secure) return {};
  Error error = secure.error();
  error.reason = kBadArgumentReason;
  return Unexpected(std::move(error));
}

/// Whether the same call may do better in a moment. A dying server shows as UNAVAILABLE, as a
/// broken stream (INTERNAL, UNKNOWN) or as calls it cancelled on its way out.
bool IsLost(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
      return true;
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
      return !rpc::IsFromPeer(status);
    default:
      return false;
  }
}

/// Calls until the server answers, for as long as `patience` lasts while it is away. Every call
/// here may be made twice: a submit has its request id.
template <typename Response>
Result<Response> CallUntilAnswered(
    const ClientOptions& options, milliseconds patience,
    const std::function<grpc::Status(grpc::ClientContext&, Response&)>& call) {
  ATELIER_RETURN_IF_ERROR(CheckOptions(options));
  Outage outage(options, patience);
  for (;;) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + options.call_timeout);
    AddMetadata(context, options);
    Response response;
    const grpc::Status status = call(context, response);
    if (status.ok()) {
      outage.End();
      return response;
    }
    const Unexpected failure = Failure(status, options);
    const auto retry_after = rpc::RetryAfter(status).value_or(milliseconds(0));
    if (!IsLost(status) || !outage.WaitAfter(failure.value(), retry_after)) return failure;
  }
}

/// One unary call: `method` is a stub's member function.
template <typename Response, typename Stub, typename Request>
Result<Response> Call(Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request, const ClientOptions& options, milliseconds patience) {
  ATELIER_RETURN_IF_ERROR(CheckText(request));
  return CallUntilAnswered<Response>(options, patience,
                                     [&](grpc::ClientContext& context, Response& response) {
                                       return (stub.*method)(&context, request, &response);
                                     });
}

template <typename Response, typename Stub, typename Request>
Result<Response> Call(Stub& stub,
                      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request, const ClientOptions& options) {
  return Call(stub, method, request, options, options.wait_for_server);
}

/// Whether `event` only keeps the stream open: nothing happened since `told`.
bool IsRepeated(const v1::WatchJobResponse& told, const v1::WatchJobResponse& event) {
  return event.event_id() != 0 && event.event_id() == told.event_id() &&
         event.job().queue_position() == told.job().queue_position() &&
         !IsFinal(event.job().state());
}

template <typename Response>
Status ToStatus(const Result<Response>& result) {
  if (!result) return Propagate(result.error());
  return {};
}

}  // namespace

bool IsFinal(v1::JobState state) {
  return state == v1::JOB_STATE_SUCCEEDED || state == v1::JOB_STATE_FAILED ||
         state == v1::JOB_STATE_CANCELLED || state == v1::JOB_STATE_EXPIRED;
}

std::string_view StateName(v1::JobState state) {
  switch (state) {
    case v1::JOB_STATE_QUEUED:
      return "queued";
    case v1::JOB_STATE_RUNNING:
      return "running";
    case v1::JOB_STATE_SUCCEEDED:
      return "succeeded";
    case v1::JOB_STATE_FAILED:
      return "failed";
    case v1::JOB_STATE_CANCELLED:
      return "cancelled";
    case v1::JOB_STATE_EXPIRED:
      return "expired";
    default:
      return "unknown";
  }
}

struct Client::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& channel)
      : jobs(channel),
        assets(channel),
        poses(channel),
        regions(channel),
        models(channel),
        tokens(channel),
        tenants(channel) {}

  v1::JobService::Stub jobs;
  v1::AssetService::Stub assets;
  v1::PoseService::Stub poses;
  v1::RegionService::Stub regions;
  v1::ModelService::Stub models;
  v1::TokenService::Stub tokens;
  v1::TenantService::Stub tenants;
};

Client::Client(ClientOptions options)
    : options_(WithTrace(std::move(options))),
      stubs_(std::make_unique<Stubs>(ConnectAs(options_))) {}

Client::~Client() = default;

const ClientOptions& Client::options() const { return options_; }

Result<v1::Job> Client::Submit(const v1::JobSpec& spec, const std::string& request_id) {
  v1::SubmitJobRequest request;
  *request.mutable_spec() = spec;
  request.set_request_id(request_id.empty() ? NewId() : request_id);
  if (!IsRequestId(request_id)) return BadArgument("request_id", RequestIdRule(), request_id);
  return Call(stubs_->jobs, &v1::JobService::Stub::SubmitJob, request, options_,
              options_.reattach_for);
}

Result<v1::Job> Client::Get(const std::string& name) {
  v1::GetJobRequest request;
  request.set_name(name);
  return Call(stubs_->jobs, &v1::JobService::Stub::GetJob, request, options_);
}

Result<v1::Job> Client::Cancel(const std::string& name) {
  v1::CancelJobRequest request;
  request.set_name(name);
  return Call(stubs_->jobs, &v1::JobService::Stub::CancelJob, request, options_);
}

Status Client::Delete(const std::string& name) {
  v1::DeleteJobRequest request;
  request.set_name(name);
  return ToStatus(Call(stubs_->jobs, &v1::JobService::Stub::DeleteJob, request, options_));
}

Result<v1::ListJobsResponse> Client::List(int page_size, const std::string& page_token,
                                          const JobListFilter& filter) {
  v1::ListJobsRequest request;
  request.set_tenant(filter.tenant);
  for (const v1::JobState state : filter.states) request.add_states(state);
  request.set_error_reason(filter.error_reason);
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  return Call(stubs_->jobs, &v1::JobService::Stub::ListJobs, request, options_);
}

Result<v1::Job> Client::Watch(const std::string& name, const JobCallback& on_job) {
  v1::WatchJobRequest request;
  request.set_name(name);
  ATELIER_RETURN_IF_ERROR(CheckOptions(options_));
  ATELIER_RETURN_IF_ERROR(CheckText(request));
  Outage outage(options_, options_.reattach_for);
  std::optional<v1::WatchJobResponse> told;
  for (;;) {
    grpc::ClientContext context;
    AddMetadata(context, options_);
    const auto stream = stubs_->jobs.WatchJob(&context, request);
    v1::WatchJobResponse event;
    while (stream->Read(&event)) {
      outage.End();
      request.set_after_event_id(event.event_id());
      if (told && IsRepeated(*told, event)) continue;
      told = event;
      const bool go_on = !on_job || on_job(event.job());
      if (go_on && !IsFinal(event.job().state())) continue;
      // Finish() after a TryCancel() only waits for gRPC's own clean-up.
      context.TryCancel();
      stream->Finish();
      return event.job();
    }
    const grpc::Status status = stream->Finish();
    const Unexpected failure = status.ok() ? MakeError(Code::kUnavailable, "STREAM_LOST",
                                                       "the server ended the watch too early")
                                           : Failure(status, options_);
    const auto retry_after = rpc::RetryAfter(status).value_or(milliseconds(0));
    const bool lost = status.ok() || IsLost(status);
    if (!lost || !outage.WaitAfter(failure.value(), retry_after)) return failure;
  }
}

Result<v1::Asset> Client::Upload(std::string_view bytes) {
  return CallUntilAnswered<v1::Asset>(
      options_, options_.wait_for_server, [&](grpc::ClientContext& context, v1::Asset& asset) {
        const auto stream = stubs_->assets.UploadAsset(&context, &asset);
        for (size_t begin = 0; begin < bytes.size(); begin += kUploadChunkBytes) {
          v1::UploadAssetRequest request;
          request.set_chunk(std::string(bytes.substr(begin, kUploadChunkBytes)));
          // A refused upload stops taking bytes; Finish() says why.
          if (!stream->Write(request)) break;
        }
        stream->WritesDone();
        return stream->Finish();
      });
}

Result<std::string> Client::Download(const std::string& name) {
  return DownloadWithin(name, options_.wait_for_server);
}

Result<std::string> Client::DownloadWithin(const std::string& name, milliseconds patience) {
  v1::DownloadAssetRequest request;
  request.set_name(name);
  ATELIER_RETURN_IF_ERROR(CheckText(request));
  return CallUntilAnswered<std::string>(
      options_, patience, [&](grpc::ClientContext& context, std::string& bytes) {
        const auto stream = stubs_->assets.DownloadAsset(&context, request);
        v1::DownloadAssetResponse response;
        while (stream->Read(&response)) bytes += response.chunk();
        return stream->Finish();
      });
}

Result<v1::ListAssetsResponse> Client::ListAssets(int page_size, const std::string& page_token) {
  v1::ListAssetsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  return Call(stubs_->assets, &v1::AssetService::Stub::ListAssets, request, options_);
}

Status Client::DeleteAsset(const std::string& name) {
  v1::DeleteAssetRequest request;
  request.set_name(name);
  return ToStatus(Call(stubs_->assets, &v1::AssetService::Stub::DeleteAsset, request, options_));
}

Result<Synthesis> Client::Synthesize(const v1::SynthesisSpec& spec, const std::string& request_id,
                                     const JobCallback& on_job) {
  v1::JobSpec job_spec;
  *job_spec.mutable_synthesis() = spec;
  return Synthesize(job_spec, request_id, on_job);
}

Result<v1::Job> Client::Run(const v1::JobSpec& spec, const std::string& request_id,
                            const JobCallback& on_job) {
  ATELIER_ASSIGN_OR_RETURN(const v1::Job queued, Submit(spec, request_id));

  bool asked_to_cancel = false;
  const auto watch = [&](const v1::Job& job) {
    if (asked_to_cancel || !on_job || on_job(job)) return true;
    asked_to_cancel = true;
    // Whether or not this call gets through, the watch goes on to the job's real end.
    (void)Cancel(job.name());
    return true;
  };
  ATELIER_ASSIGN_OR_RETURN(v1::Job job, Watch(queued.name(), watch));

  if (job.state() == v1::JOB_STATE_CANCELLED) {
    return MakeError(Code::kCancelled, "CANCELLED", job.name() + " was cancelled");
  }
  if (job.state() != v1::JOB_STATE_SUCCEEDED) {
    return MakeError(
        Code::kAborted, job.error_reason(),
        job.name() + " " + std::string(StateName(job.state())) + ": " + job.error_message());
  }
  return job;
}

Result<Synthesis> Client::Synthesize(const v1::JobSpec& spec, const std::string& request_id,
                                     const JobCallback& on_job) {
  ATELIER_ASSIGN_OR_RETURN(v1::Job job, Run(spec, request_id, on_job));
  Synthesis done;
  for (const v1::PaintedImage& image : job.images()) {
    ATELIER_ASSIGN_OR_RETURN(std::string png, DownloadWithin(image.asset(), options_.reattach_for));
    done.pngs.push_back(std::move(png));
  }
  done.job = std::move(job);
  return done;
}

Result<v1::EstimatePoseResponse> Client::EstimatePose(const v1::Picture& picture,
                                                      v1::Estimator estimator) {
  v1::EstimatePoseRequest request;
  *request.mutable_picture() = picture;
  request.set_estimator(estimator);
  return EstimatePose(request);
}

Result<v1::EstimatePoseResponse> Client::EstimatePose(const v1::EstimatePoseRequest& request) {
  return Call(stubs_->poses, &v1::PoseService::Stub::EstimatePose, request, options_);
}

Result<v1::ExtractRegionsResponse> Client::ExtractRegions(const v1::Picture& picture,
                                                          const std::string& iuv_png) {
  v1::ExtractRegionsRequest request;
  *request.mutable_picture() = picture;
  request.set_iuv_png(iuv_png);
  return ExtractRegions(request);
}

Result<v1::ExtractRegionsResponse> Client::ExtractRegions(
    const v1::ExtractRegionsRequest& request) {
  return Call(stubs_->regions, &v1::RegionService::Stub::ExtractRegions, request, options_);
}

Result<v1::DescribeRegionsResponse> Client::DescribeRegions(
    const v1::DescribeRegionsRequest& request) {
  return Call(stubs_->regions, &v1::RegionService::Stub::DescribeRegions, request, options_);
}

Result<v1::ComposeTextureResponse> Client::ComposeTexture(
    const v1::ComposeTextureRequest& request) {
  return Call(stubs_->regions, &v1::RegionService::Stub::ComposeTexture, request, options_);
}

Result<std::vector<v1::Model>> Client::ListModels() {
  ATELIER_ASSIGN_OR_RETURN(
      const v1::ListModelsResponse response,
      Call(stubs_->models, &v1::ModelService::Stub::ListModels, v1::ListModelsRequest(), options_));
  return std::vector<v1::Model>(response.models().begin(), response.models().end());
}

Result<v1::CreateTokenResponse> Client::CreateToken(const v1::CreateTokenRequest& request) {
  // Not tried again: a token that was made and whose text was lost is nobody's, but it is there.
  return Call(stubs_->tokens, &v1::TokenService::Stub::CreateToken, request, options_,
              milliseconds(0));
}

Result<v1::ListTokensResponse> Client::ListTokens(int page_size, const std::string& page_token,
                                                  const std::string& tenant) {
  v1::ListTokensRequest request;
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  request.set_tenant(tenant);
  return Call(stubs_->tokens, &v1::TokenService::Stub::ListTokens, request, options_);
}

Result<v1::Token> Client::RevokeToken(const std::string& name) {
  v1::RevokeTokenRequest request;
  request.set_name(name);
  return Call(stubs_->tokens, &v1::TokenService::Stub::RevokeToken, request, options_);
}

Result<v1::PurgeTenantResponse> Client::PurgeTenant(const std::string& tenant) {
  v1::PurgeTenantRequest request;
  request.set_tenant(tenant);
  ClientOptions options = options_;
  options.call_timeout = std::chrono::hours(1);
  return Call(stubs_->tenants, &v1::TenantService::Stub::PurgeTenant, request, options);
}

}  // namespace atelier::client
