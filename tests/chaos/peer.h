// Peer: the server's calls as plain functions, for a harness whose server dies under it: a
// connection of its own that finds a restarted server at once, short deadlines, no retries.
// Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "atelier/v1/asset.grpc.pb.h"
#include "atelier/v1/dispatch.grpc.pb.h"
#include "atelier/v1/job.grpc.pb.h"
#include "atelier/v1/worker_asset.grpc.pb.h"
#include "base/result.h"

namespace atelier::chaos {

class Peer {
 public:
  /// `address` is the public one of the server over the folder `data`.
  Peer(const std::string& address, const std::filesystem::path& data);

  Result<v1::Job> Submit(const v1::JobSpec& spec, const std::string& request_id);
  Result<v1::Job> Get(const std::string& name);
  /// Every job there is, newest first.
  Result<std::vector<v1::Job>> All();

  /// Stores a picture; returns its name.
  Result<std::string> Upload(const std::string& png);
  /// The bytes of a picture.
  Result<std::string> Download(const std::string& asset);

  /// A scripted worker's calls.
  Status Register(const std::string& worker, const std::string& model);
  Result<std::vector<v1::LeasedJob>> Lease(const std::string& worker, int max_jobs);
  /// Stores the picture and completes the job with it.
  Status Complete(const std::string& job, const std::string& token, const std::string& png);
  Status Heartbeat(const std::string& job, const std::string& token);

  v1::JobService::Stub& jobs() { return *jobs_; }

 private:
  const std::unique_ptr<v1::JobService::Stub> jobs_;
  const std::unique_ptr<v1::AssetService::Stub> assets_;
  const std::unique_ptr<v1::DispatchService::Stub> dispatch_;
  const std::unique_ptr<v1::WorkerAssetService::Stub> worker_assets_;
};

}  // namespace atelier::chaos
