// PoseService over the models' pose networks and those for photographs. PoseReader has the logic
// and needs no server; PoseServiceImpl serves it over gRPC.
#pragma once

#include <mutex>

#include "atelier/v1/pose.grpc.pb.h"
#include "base/named_models.h"
#include "base/result.h"
#include "perception/selection/pose_estimator_selector.h"

namespace atelier::pose {

/// Thread-safe: calls take turns at the networks, which use every core by themselves.
class PoseReader {
 public:
  /// `preset` is the estimator where a request does not say. REQUIRES: at least one model.
  explicit PoseReader(NamedModels<perception::PoseEstimatorSelector> models,
                      v1::Estimator preset = v1::ESTIMATOR_AUTO);

  /// One model, under the selector's name.
  explicit PoseReader(perception::PoseEstimatorSelector selector,
                      v1::Estimator preset = v1::ESTIMATOR_AUTO);

  /// As PoseService.EstimatePose says.
  Result<v1::EstimatePoseResponse> Read(const v1::EstimatePoseRequest& request);

 private:
  const v1::Estimator preset_;
  std::mutex mutex_;
  NamedModels<perception::PoseEstimatorSelector> models_;  // their networks: GUARDED_BY(mutex_)
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
