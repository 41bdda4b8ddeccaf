// atelier-generation: leases jobs from the server and paints them.
#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

#include "base/ids.h"
#include "generation/generation_service.h"
#include "generation/painting_executor.h"
#include "rpc/server.h"
#include "runtime/lease_loop.h"
#include "runtime/metrics_executor.h"
#include "runtime/service_main.h"
#include "telemetry/log.h"

namespace {

using namespace atelier;

struct Flags {
  runtime::ServiceAddresses addresses{"127.0.0.1:7466", "127.0.0.1:7467"};
  std::string server = "127.0.0.1:7460";
  std::string pose = "127.0.0.1:7462";
  std::string region = "127.0.0.1:7464";
  std::vector<std::string> models;
  int max_batch = 4;
  size_t cache_mib = 256;
  engine::PainterOptions painter;
};

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--listen", flags.addresses.listen, "gRPC address, host:port; port 0 = any free")
      ->capture_default_str();
  app.add_option("--metrics-listen", flags.addresses.metrics_listen, "HTTP address of /metrics")
      ->capture_default_str();
  app.add_option("--server", flags.server, "Address of atelier-server")->capture_default_str();
  app.add_option("--pose", flags.pose, "Address of atelier-pose")->capture_default_str();
  app.add_option("--region", flags.region, "Address of atelier-region")->capture_default_str();
  app.add_option("--model", flags.models, "Folder of a model to hold; may be given again")
      ->required();
  app.add_option("--max-batch", flags.max_batch, "Jobs leased and pictures painted together")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--cache-mib", flags.cache_mib, "MiB of conditions kept of pictures seen before")
      ->capture_default_str();
  app.add_option("--device", flags.painter.device, "cpu, cuda or cuda:N")->capture_default_str();
  app.add_option("--dtype", flags.painter.dtype, "float32, bfloat16 or float16 (CUDA alone)")
      ->capture_default_str();
  app.add_option("--threads", flags.painter.threads, "Threads of CPU kernels; 0 = one a core")
      ->capture_default_str();
}

Status LoadModels(const Flags& flags, generation::PainterSet& painters) {
  for (const std::string& folder : flags.models) {
    auto painter = engine::Painter::Load(folder, flags.painter);
    if (!painter) return Propagate(painter.error(), folder);
    ATELIER_RETURN_IF_ERROR(painters.Add(std::move(*painter)));
  }
  return {};
}

int Serve(const Flags& flags, const generation::PainterSet& painters,
          runtime::StopSignals& signals) {
  const auto server = rpc::Connect(flags.server);
  const auto assets = generation::MakeAssetClient(server);
  const auto perception =
      generation::MakePerceptionClient(rpc::Connect(flags.pose), rpc::Connect(flags.region));
  generation::ConditionsCache cache(flags.cache_mib << 20);
  generation::JobPreparer preparer(painters, *assets, *perception, cache);

  telemetry::Metrics metrics;
  generation::PaintingExecutor painting(preparer, flags.max_batch);
  runtime::MetricsExecutor executor(painting, metrics);

  runtime::LeaseLoopOptions options;
  options.worker = "generation-" + NewId();
  options.models = painters.Describe();
  options.max_jobs = flags.max_batch;
  runtime::LeaseLoop loop(server, executor, runtime::SystemTimers(), options);
  generation::GenerationServiceImpl service(executor);

  std::thread lease_thread;
  const int code = runtime::RunService(flags.addresses, signals, metrics,
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
  CLI::App app("Paints the server's jobs; serves GenerationService for painting without a queue.");
  Flags flags;
  AddFlags(app, flags);
  CLI11_PARSE(app, argc, argv);
  atelier::telemetry::SetUpLog("atelier-generation");

  generation::PainterSet painters;
  if (const Status loaded = LoadModels(flags, painters); !loaded) {
    spdlog::error("{}", loaded.error().message);
    return 1;
  }
  return Serve(flags, painters, signals);
}
