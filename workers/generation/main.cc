// atelier-generation: leases jobs from the server and paints them.
#include <memory>
#include <thread>

#include "atelier/config/v1/generation.pb.h"
#include "base/ids.h"
#include "config/load.h"
#include "digest/folder_digest.h"
#include "edit/parse/load_parser.h"
#include "engine/cuda/device_memory.h"
#include "generation/generation_service.h"
#include "generation/painting_executor.h"
#include "people/fit/load_fitter.h"
#include "rpc/server.h"
#include "runtime/lease_loop.h"
#include "runtime/metrics_executor.h"
#include "runtime/service_main.h"
#include "runtime/tracing_executor.h"
#include "telemetry/log.h"

namespace {

using namespace atelier;

using Config = config::v1::GenerationConfig;

Status LoadModels(const Config& config, generation::PainterSet& painters) {
  engine::PainterOptions options;
  options.device = config.device();
  options.dtype = config.dtype();
  options.threads = config.threads();
  for (const std::string& folder : config.model()) {
    auto painter = engine::Painter::Load(folder, options);
    if (!painter) return Propagate(painter.error(), folder);
    ATELIER_ASSIGN_OR_RETURN(std::string sha256, FolderSha256Hex(folder));
    ATELIER_RETURN_IF_ERROR(painters.Add(std::move(*painter), std::move(sha256)));
  }
  return {};
}

int Serve(const Config& config, const generation::PainterSet& painters,
          const people::BodyFitter* fitter, std::shared_ptr<const edit::Parser> parser,
          runtime::StopSignals& signals) {
  const auto server = rpc::Connect(config.server());
  const auto assets = generation::MakeAssetClient(server);
  const auto perception =
      generation::MakePerceptionClient(rpc::Connect(config.pose()), rpc::Connect(config.region()));
  telemetry::Metrics metrics;
  metrics.OnScrape([&] {
    const auto memory = engine::ReadDeviceMemory(config.device());
    if (!memory) return;
    metrics.GpuMemoryUsedBytes(memory->device).Set(static_cast<double>(memory->used_bytes));
    metrics.GpuMemorySizeBytes(memory->device).Set(static_cast<double>(memory->size_bytes));
  });
  generation::ConditionsCache cache(static_cast<size_t>(config.cache_mib()) << 20, metrics);
  generation::JobPreparer preparer(painters, *assets, *perception, cache, fitter);

  const generation::JobKinds kinds =
      generation::MakeJobKinds(preparer, {parser, config.nudity_check() != "off"});

  generation::PaintingExecutor painting(kinds, config.max_batch(), config.receipts() != "off");
  runtime::TracingExecutor tracing(painting);
  runtime::MetricsExecutor executor(tracing, metrics);

  runtime::LeaseLoopOptions options;
  options.worker = "generation-" + NewId();
  options.models = painters.Describe();
  options.max_jobs = config.max_batch();
  const runtime::ServiceOptions service_options = runtime::ServiceOptionsOf(config);
  options.drain_grace = service_options.call_grace;
  runtime::LeaseLoop loop(server, executor, runtime::SystemTimers(), options);
  generation::GenerationServiceImpl service(executor);

  std::thread lease_thread;
  const int code = runtime::RunService(service_options, signals, metrics,
                                       {{&service},
                                        [&] { lease_thread = std::thread([&] { loop.Run(); }); },
                                        [&] {
                                          service.Drain();
                                          loop.Drain();
                                        }});
  if (lease_thread.joinable()) lease_thread.join();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  atelier::runtime::StopSignals signals;
  const config::Program program{
      "atelier-generation",
      "Paints the server's jobs; serves GenerationService for painting without a queue."};
  Config config;
  if (const auto code = config::Load(program, argc, argv, config)) return *code;
  telemetry::SetUpLog(program.name, config.log_level(), config.log_format());

  generation::PainterSet painters;
  if (const Status loaded = LoadModels(config, painters); !loaded) {
    return config::CannotStart(program.name, loaded.error());
  }
  const auto fitter = people::LoadFitter(config.body_file());
  if (!fitter) return config::CannotStart(program.name, fitter.error());
  std::shared_ptr<const edit::Parser> parser;
  if (*fitter) {
    auto loaded = edit::LoadParser((*fitter)->shared_body());
    if (!loaded) return config::CannotStart(program.name, loaded.error());
    parser = *std::move(loaded);
  }
  return Serve(config, painters, fitter->get(), std::move(parser), signals);
}
