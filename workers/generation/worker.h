// Worker: everything that paints in this process, put together from its settings: models, readers
// of pictures, executors, the lease loop.
#pragma once

#include <memory>
#include <optional>
#include <thread>

#include "atelier/config/v1/generation.pb.h"
#include "base/result.h"
#include "edit/parse/parser.h"
#include "generation/conditions/conditions_cache.h"
#include "generation/conditions/perception_gate.h"
#include "generation/job_kinds.h"
#include "generation/painting_executor.h"
#include "generation/preparation/job_preparer.h"
#include "generation/preparation/painter_set.h"
#include "imaging/picture_memory.h"
#include "people/fit/body_fitter.h"
#include "rpc/credentials.h"
#include "runtime/lease_loop.h"
#include "runtime/metrics_executor.h"
#include "runtime/tracing_executor.h"
#include "telemetry/metrics.h"

namespace atelier::generation {

class Worker {
 public:
  /// Reads the models' weights, which takes as long as they are large; no service is called.
  /// References must outlive the worker.
  static Result<std::unique_ptr<Worker>> Load(const config::v1::GenerationConfig& config,
                                              telemetry::Metrics& metrics);

  /// Paints leased and direct jobs. Thread-safe.
  runtime::BatchExecutor& executor() { return *metered_; }

  /// Takes jobs from the server until Drain(); `on_health` as LeaseLoopOptions'.
  void Start(const std::function<void(bool)>& on_health);
  /// Returns when no lease is held any more. REQUIRES: Start() was called.
  void Drain();

 private:
  explicit Worker(const config::v1::GenerationConfig& config, telemetry::Metrics& metrics);
  Status LoadModels();
  Status LoadBody();
  /// Stacks the executors over what was loaded.
  void PutTogether();

  const config::v1::GenerationConfig& config_;
  telemetry::Metrics& metrics_;
  PainterSet painters_;
  std::shared_ptr<const people::BodyFitter> fitter_;
  std::shared_ptr<const edit::Parser> parser_;
  const rpc::ChannelSecurity security_;
  std::shared_ptr<grpc::ChannelInterface> server_;
  std::unique_ptr<AssetSource> assets_;
  std::unique_ptr<Perception> perception_;
  imaging::PictureMemory memory_;
  ConditionsCache cache_;
  std::optional<JobPreparer> preparer_;
  JobKinds kinds_;
  std::optional<PaintingExecutor> painting_;
  std::optional<PerceptionGate> gate_;
  std::optional<runtime::TracingExecutor> traced_;
  std::optional<runtime::MetricsExecutor> metered_;
  std::optional<runtime::LeaseLoop> loop_;
  std::thread lease_thread_;
};

}  // namespace atelier::generation
