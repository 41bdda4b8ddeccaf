// atelier-generation: leases jobs from the server and paints them.
#include <memory>

#include "atelier/config/v1/generation.pb.h"
#include "config/load.h"
#include "engine/cuda/device_memory.h"
#include "generation/generation_service.h"
#include "generation/worker.h"
#include "imaging/threads.h"
#include "runtime/service_main.h"
#include "system/openmp_environment.h"
#include "telemetry/log.h"

namespace {

using namespace atelier;

void ReportDeviceMemory(const std::string& device, telemetry::Metrics& metrics) {
  const auto memory = engine::ReadDeviceMemory(device);
  if (!memory) return;
  metrics.GpuMemoryUsedBytes(memory->device).Set(static_cast<double>(memory->used_bytes));
  metrics.GpuMemorySizeBytes(memory->device).Set(static_cast<double>(memory->size_bytes));
}

}  // namespace

int main(int argc, char** argv) {
  SettleOpenMp(argv);
  runtime::StopSignals signals;
  const config::Program program{
      "atelier-generation",
      "Paints the server's jobs; serves GenerationService for painting without a queue."};
  config::v1::GenerationConfig config;
  if (const auto code = config::Load(program, argc, argv, config)) return *code;
  telemetry::SetUpLog(program.name, config.log_level(), config.log_format());
  imaging::UseThreads(config.threads());

  telemetry::Metrics metrics;
  metrics.OnScrape([&] { ReportDeviceMemory(config.device(), metrics); });
  std::unique_ptr<generation::Worker> worker;
  generation::GenerationServiceImpl service;
  const auto load = [&]() -> Status {
    ATELIER_ASSIGN_OR_RETURN(worker, generation::Worker::Load(config, metrics));
    service.Serve(worker->executor());
    return {};
  };
  return runtime::RunService(
      runtime::ServiceOptionsOf(config), signals, metrics,
      {.services = {&service},
       .load = load,
       .on_ready = [&](const runtime::SetReady& set_ready) { worker->Start(set_ready); },
       .on_drain =
           [&] {
             service.Drain();
             worker->Drain();
           }});
}
