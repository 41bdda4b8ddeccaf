#include "generation/worker.h"

#include <utility>

#include "base/ids.h"
#include "digest/folder_digest.h"
#include "edit/parse/load_parser.h"
#include "people/fit/load_fitter.h"
#include "rpc/server.h"
#include "runtime/service_main.h"

namespace atelier::generation {

Worker::Worker(const config::v1::GenerationConfig& config, telemetry::Metrics& metrics)
    : config_(config),
      metrics_(metrics),
      server_(rpc::Connect(config.server())),
      assets_(MakeAssetClient(server_)),
      perception_(MakePerceptionClient(rpc::Connect(config.pose()), rpc::Connect(config.region()))),
      memory_(static_cast<int64_t>(config.picture_memory_mib()) << 20),
      cache_(static_cast<size_t>(config.cache_mib()) << 20, metrics) {}

Result<std::unique_ptr<Worker>> Worker::Load(const config::v1::GenerationConfig& config,
                                             telemetry::Metrics& metrics) {
  std::unique_ptr<Worker> worker(new Worker(config, metrics));
  ATELIER_RETURN_IF_ERROR(worker->LoadModels());
  ATELIER_RETURN_IF_ERROR(worker->LoadBody());
  worker->PutTogether();
  return worker;
}

Status Worker::LoadModels() {
  engine::PainterOptions options;
  options.device = config_.device();
  options.dtype = config_.dtype();
  options.threads = config_.threads();
  for (const std::string& folder : config_.model()) {
    auto painter = engine::Painter::Load(folder, options);
    if (!painter) return Propagate(painter.error(), folder);
    ATELIER_ASSIGN_OR_RETURN(std::string sha256, FolderSha256Hex(folder));
    ATELIER_RETURN_IF_ERROR(painters_.Add(std::move(*painter), std::move(sha256)));
  }
  return {};
}

Status Worker::LoadBody() {
  ATELIER_ASSIGN_OR_RETURN(fitter_, people::LoadFitter(config_.body_file()));
  if (!fitter_) return {};
  ATELIER_ASSIGN_OR_RETURN(parser_, edit::LoadParser(fitter_->shared_body()));
  return {};
}

void Worker::PutTogether() {
  preparer_.emplace(painters_, *assets_, *perception_, cache_, fitter_.get(), &memory_);
  kinds_ = MakeJobKinds(*preparer_, {parser_, config_.nudity_check() != "off"});
  painting_.emplace(kinds_, config_.max_batch(), config_.receipts() != "off");
  gate_.emplace(*painting_, *perception_);
  traced_.emplace(*gate_);
  metered_.emplace(*traced_, metrics_);
}

void Worker::Start(const std::function<void(bool)>& on_health) {
  runtime::LeaseLoopOptions options;
  options.worker = "generation-" + NewId();
  options.models = painters_.Describe();
  options.max_jobs = config_.max_batch();
  options.drain_grace = runtime::ServiceOptionsOf(config_).call_grace;
  options.reconnect = [this] { return rpc::Connect(config_.server()); };
  options.on_health = on_health;
  loop_.emplace(server_, *metered_, runtime::SystemTimers(), options);
  lease_thread_ = std::thread([this] { loop_->Run(); });
}

void Worker::Drain() {
  loop_->Drain();
  lease_thread_.join();
}

}  // namespace atelier::generation
