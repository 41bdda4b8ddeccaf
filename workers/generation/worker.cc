#include "generation/worker.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "digest/folder_digest.h"
#include "edit/parse/load_parser.h"
#include "people/fit/load_fitter.h"
#include "rpc/server.h"
#include "runtime/service_main.h"

namespace atelier::generation {
namespace {

/// What the server asks its workers for: a file that the settings name, or that lies beside the
/// server's socket.
rpc::SecretSource SecretOf(const config::v1::GenerationConfig& config) {
  constexpr std::string_view kScheme = "unix:";
  std::filesystem::path path = config.worker_secret_file();
  if (path.empty() && config.server().starts_with(kScheme)) {
    const std::filesystem::path socket = config.server().substr(kScheme.size());
    path = socket.parent_path() / "worker.secret";
  }
  if (path.empty()) return nullptr;
  return rpc::SecretOfFile(path, "worker_secret_file");
}

}  // namespace

Worker::Worker(const config::v1::GenerationConfig& config, telemetry::Metrics& metrics)
    : config_(config),
      metrics_(metrics),
      security_(rpc::ChannelSecurityOf(config, SecretOf(config))),
      server_(rpc::Connect(config.server(), security_)),
      assets_(MakeAssetClient(server_)),
      perception_(MakePerceptionClient(rpc::Connect(config.pose(), security_),
                                       rpc::Connect(config.region(), security_))),
      memory_(static_cast<int64_t>(config.picture_memory_mib()) << 20),
      cache_(static_cast<size_t>(config.cache_mib()) << 20, metrics) {}

Result<std::unique_ptr<Worker>> Worker::Load(const config::v1::GenerationConfig& config,
                                             telemetry::Metrics& metrics) {
  const rpc::ChannelSecurity security = rpc::ChannelSecurityOf(config, nullptr);
  ATELIER_RETURN_IF_ERROR(rpc::CheckChannel("server", config.server(), security));
  ATELIER_RETURN_IF_ERROR(rpc::CheckChannel("pose", config.pose(), security));
  ATELIER_RETURN_IF_ERROR(rpc::CheckChannel("region", config.region(), security));
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
  kinds_ = MakeJobKinds(*preparer_, {parser_, config_.nudity_check() != "off"},
                        config_.receipts() != "off");
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
  options.reconnect = [this] { return rpc::Connect(config_.server(), security_); };
  options.on_health = on_health;
  loop_.emplace(server_, *metered_, runtime::SystemTimers(), options);
  lease_thread_ = std::thread([this] { loop_->Run(); });
}

void Worker::Drain() {
  loop_->Drain();
  lease_thread_.join();
}

}  // namespace atelier::generation
