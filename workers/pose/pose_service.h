// PoseService over the models' pose networks and those for photographs. PoseReader has the logic
// and needs no server; PoseServiceImpl serves it over gRPC.
#pragma once

#include <string>
#include <utility>

#include "atelier/v1/pose.grpc.pb.h"
#include "base/named_models.h"
#include "base/result.h"
#include "imaging/picture_memory.h"
#include "perception/selection/pose_estimator_selector.h"
#include "runtime/service/call_turn.h"
#include "runtime/service/loaded.h"

namespace atelier::pose {

/// Thread-safe: calls take turns at the networks, which use every core by themselves, in the order
/// in which they came.
class PoseReader {
 public:
  /// `preset` is the estimator where a request does not say. REQUIRES: at least one model.
  explicit PoseReader(NamedModels<perception::PoseEstimatorSelector> models,
                      v1::Estimator preset = v1::ESTIMATOR_AUTO);

  /// One model, under the selector's name.
  explicit PoseReader(perception::PoseEstimatorSelector selector,
                      v1::Estimator preset = v1::ESTIMATOR_AUTO);

  /// As PoseService.EstimatePose says. CANCELLED before decoding, and before the networks, once the
  /// answer is not `wanted` any more.
  Result<v1::EstimatePoseResponse> Read(const v1::EstimatePoseRequest& request,
                                        const runtime::Wanted& wanted = runtime::Always);

 private:
  const v1::Estimator preset_;
  runtime::TicketLock turns_;
  NamedModels<perception::PoseEstimatorSelector> models_;  // their networks: by whose turn it is
};

/// Thread-safe.
class PoseServiceImpl : public v1::PoseService::Service {
 public:
  static constexpr int64_t kPictureMemory = 640 << 20;

  /// The pictures of all calls take at most `picture_memory_bytes` at once.
  explicit PoseServiceImpl(int64_t picture_memory_bytes = kPictureMemory)
      : memory_(picture_memory_bytes) {}
  /// Answers at once.
  explicit PoseServiceImpl(PoseReader& reader, std::string networks = {}) : PoseServiceImpl() {
    Serve(reader, std::move(networks));
  }

  /// Answers from now on; before, with UNAVAILABLE (LOADING). `networks`: the response's. Call
  /// once. `reader` must outlive the service.
  void Serve(PoseReader& reader, std::string networks);

  grpc::Status EstimatePose(grpc::ServerContext* context, const v1::EstimatePoseRequest* request,
                            v1::EstimatePoseResponse* response) override;

 private:
  imaging::PictureMemory memory_;
  std::string networks_;
  runtime::Loaded<PoseReader> reader_;
};

}  // namespace atelier::pose
