// PoseService over the engine's pose network. PoseReader is the logic, PoseServiceImpl its gRPC
// dress.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "atelier/v1/pose.grpc.pb.h"
#include "base/result.h"
#include "engine/perception.h"

namespace atelier::pose {

/// Thread-safe: calls take turns at the network, which uses every core by itself.
class PoseReader {
 public:
  /// `name` is what answers call the estimator.
  PoseReader(std::unique_ptr<engine::PoseEstimator> estimator, std::string name);

  /// As PoseService.EstimatePose says.
  Result<v1::EstimatePoseResponse> Read(const v1::EstimatePoseRequest& request);

 private:
  const std::string name_;
  std::mutex mutex_;
  std::unique_ptr<engine::PoseEstimator> estimator_;  // GUARDED_BY(mutex_)
};

class PoseServiceImpl : public v1::PoseService::Service {
 public:
  explicit PoseServiceImpl(PoseReader& reader) : reader_(reader) {}
  grpc::Status EstimatePose(grpc::ServerContext* context, const v1::EstimatePoseRequest* request,
                            v1::EstimatePoseResponse* response) override;

 private:
  PoseReader& reader_;
};

}  // namespace atelier::pose
