// Client: the public API of Atelier as typed calls that return Result<T>.
//
// Holds one gRPC channel, opened by the first call. Thread-safe: any thread may call, calls run
// side by side. Pictures go as they are; the server judges them (see PictureFromFile for a local
// check). UNAVAILABLE or DEADLINE_EXCEEDED: the server, or a service that it needs, was not reached
// or did not answer in time; the message says which. INVALID_ARGUMENT with kBadArgumentReason
// (sendable.h): an argument or the options cannot be sent.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "atelier/v1/administration.pb.h"
#include "atelier/v1/asset.pb.h"
#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"
#include "atelier/v1/picture.pb.h"
#include "atelier/v1/pose.pb.h"
#include "atelier/v1/region.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "base/result.h"

namespace atelier::client {

struct ClientOptions {
  /// host:port of atelier-server.
  std::string server = "127.0.0.1:7460";
  /// W3C trace that the calls of this client are part of. Empty or malformed: a new one.
  std::string traceparent;
  /// Whose calls these are: 1 to 64 characters of [A-Za-z0-9._-]. Empty: the server's default.
  std::string tenant;
  /// Who calls: a token of the server's, printable ASCII. Empty: none. It is not sent in plaintext
  /// beyond this machine unless `insecure` says so.
  std::string token;
  /// PEM file of those who sign the server's certificate; empty: no TLS.
  std::string ca_file;
  /// PEM files of this client's certificate; both or neither.
  std::string cert_file;
  std::string key_file;
  bool insecure = false;
  /// Deadline of every call but Watch(). Raise it for a slow link or a pose worker on a slow CPU.
  std::chrono::milliseconds call_timeout = std::chrono::seconds(60);
  /// Pause before the second try of a call whose server is away or drains; doubles with each that
  /// brings no news.
  std::chrono::milliseconds first_reattach_pause = std::chrono::milliseconds(200);
  /// The longest such pause.
  std::chrono::milliseconds longest_reattach_pause = std::chrono::seconds(5);
  /// Submit(), Watch() and Synthesize() give up after this long without news from a server that is
  /// away or drains. A restart of the server must fit in; 0 = give up at the first failure.
  std::chrono::milliseconds reattach_for = std::chrono::minutes(2);
  /// The same for every other call.
  std::chrono::milliseconds wait_for_server = std::chrono::milliseconds(0);
  /// Called when a call begins to wait for a server that is away or drains, with why. Empty: nobody
  /// is told. From the thread of the call, as the two below.
  std::function<void(const Error& error)> on_away;
  /// Called when that server answers again.
  std::function<void()> on_back;
  /// Asked while a call waits: false ends the waiting with the error of the last try.
  std::function<bool()> keep_waiting;
};

/// Sees every state of a watched job. Returning false ends the watching, not the job.
using JobCallback = std::function<bool(const v1::Job&)>;

/// SUCCEEDED, FAILED, CANCELLED or EXPIRED.
bool IsFinal(v1::JobState state);

/// "queued", "running", "succeeded", ...
std::string_view StateName(v1::JobState state);

/// A finished synthesis: the job, and the PNG of each of its images in the same order.
struct Synthesis {
  v1::Job job;
  std::vector<std::string> pngs;
};

/// Which jobs List() shows; what is empty shows all.
struct JobListFilter {
  std::string tenant = {};
  std::vector<v1::JobState> states = {};
  std::string error_reason = {};
};

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Queues a job. An empty `request_id` is drawn here.
  Result<v1::Job> Submit(const v1::JobSpec& spec, const std::string& request_id = {});
  Result<v1::Job> Get(const std::string& name);
  Result<v1::Job> Cancel(const std::string& name);
  /// Forgets a finished job. FAILED_PRECONDITION (JOB_NOT_FINISHED) for any other.
  Status Delete(const std::string& name);
  /// One page, newest first; 0 = the server's page size.
  Result<v1::ListJobsResponse> List(int page_size = 0, const std::string& page_token = {},
                                    const JobListFilter& filter = {});
  /// Follows a job to its final state and returns it there, however often the stream is lost: it is
  /// taken up again after the last event that was seen.
  /// Returns the last seen state when `on_job` ended the watching.
  Result<v1::Job> Watch(const std::string& name, const JobCallback& on_job = {});

  /// Stores an encoded picture.
  Result<v1::Asset> Upload(std::string_view bytes);
  /// An asset's bytes.
  Result<std::string> Download(const std::string& name);
  /// One page, stored last first; 0 = the server's page size.
  Result<v1::ListAssetsResponse> ListAssets(int page_size = 0, const std::string& page_token = {});
  /// Removes an asset. FAILED_PRECONDITION (ASSET_IN_USE) while a kept job names it.
  Status DeleteAsset(const std::string& name);

  /// Submits and watches; the finished job. Errors and `on_job` as Synthesize()'s.
  Result<v1::Job> Run(const v1::JobSpec& spec, const std::string& request_id = {},
                      const JobCallback& on_job = {});
  /// Submits, watches and downloads. A job that did not succeed is ABORTED, whether or not another
  /// try may help (that is CodeOfJobFailure() of the reason), with the job's reason
  /// and message, or CANCELLED. `on_job` returning false cancels the job.
  Result<Synthesis> Synthesize(const v1::JobSpec& spec, const std::string& request_id = {},
                               const JobCallback& on_job = {});
  /// The same on the server's terms of waiting.
  Result<Synthesis> Synthesize(const v1::SynthesisSpec& spec, const std::string& request_id = {},
                               const JobCallback& on_job = {});

  /// Without an estimator the service decides who looks.
  Result<v1::EstimatePoseResponse> EstimatePose(
      const v1::Picture& picture, v1::Estimator estimator = v1::ESTIMATOR_UNSPECIFIED);
  Result<v1::EstimatePoseResponse> EstimatePose(const v1::EstimatePoseRequest& request);
  Result<v1::ExtractRegionsResponse> ExtractRegions(const v1::Picture& picture,
                                                    const std::string& iuv_png);
  Result<v1::ExtractRegionsResponse> ExtractRegions(const v1::ExtractRegionsRequest& request);
  Result<v1::DescribeRegionsResponse> DescribeRegions(const v1::DescribeRegionsRequest& request);
  Result<v1::ComposeTextureResponse> ComposeTexture(const v1::ComposeTextureRequest& request);
  Result<std::vector<v1::Model>> ListModels();

  /// For operators; see administration.proto.
  Result<v1::CreateTokenResponse> CreateToken(const v1::CreateTokenRequest& request);
  Result<v1::ListTokensResponse> ListTokens(int page_size = 0, const std::string& page_token = {},
                                            const std::string& tenant = {});
  Result<v1::Token> RevokeToken(const std::string& name);
  /// May take long: the deadline is an hour.
  Result<v1::PurgeTenantResponse> PurgeTenant(const std::string& tenant);

  const ClientOptions& options() const;

 private:
  struct Stubs;

  Result<std::string> DownloadWithin(const std::string& name, std::chrono::milliseconds patience);

  const ClientOptions options_;
  const std::unique_ptr<Stubs> stubs_;
};

}  // namespace atelier::client
