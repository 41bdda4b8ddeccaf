#include "bench/step_times.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include "bench/module_times.h"

namespace atelier::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Samples {
  std::vector<double> seconds;
  double median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

void PrintModules(const std::map<std::string, double>& modules, double total) {
  double rest = total;
  for (const auto& [name, seconds] : modules) {
    std::printf("    %-22s %8.3f s  %5.1f %%\n", name.c_str(), seconds, 100 * seconds / total);
    rest -= seconds;
  }
  std::printf("    %-22s %8.3f s  %5.1f %%\n", "everything else", rest, 100 * rest / total);
}

}  // namespace

double Seconds(const at::Device& device, const std::function<void()>& call) {
  const auto started = Clock::now();
  call();
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
  return std::chrono::duration<double>(Clock::now() - started).count();
}

void TimeSteps(const ComparedSteps& steps, int repeat, const at::Device& device) {
  at::Tensor engine_output, published_output;
  Seconds(device, [&] { engine_output = steps.engine(); });
  if (steps.published) Seconds(device, [&] { published_output = steps.published(); });
  Samples engine, published;
  std::map<std::string, double> modules;
  for (int i = 0; i < repeat; ++i) {
    {
      const ModuleTimes times;
      engine.seconds.push_back(Seconds(device, [&] { steps.engine(); }));
      for (const auto& [name, seconds] : times.seconds()) modules[name] += seconds / repeat;
    }
    if (steps.published) published.seconds.push_back(Seconds(device, [&] { steps.published(); }));
  }
  double mean = 0;
  for (const double seconds : engine.seconds) mean += seconds / repeat;
  std::printf("guided step              %8.3f s median, %.3f s least of %d\n", engine.median(),
              engine.least(), repeat);
  PrintModules(modules, mean);
  if (!steps.published) return;
  const double difference = (engine_output - published_output).abs().max().item<double>() /
                            published_output.abs().max().item<double>();
  std::printf("published step           %8.3f s median, %.3f s least\n", published.median(),
              published.least());
  std::printf("ratio                    %8.3f   of medians, %.3f of least\n",
              engine.median() / published.median(), engine.least() / published.least());
  std::printf("largest difference       %8.1e   of the largest output\n", difference);
}

void SetUpForPainting(const std::vector<engine::NamedNetwork>& networks, const at::Device& device,
                      at::ScalarType dtype) {
  for (const engine::NamedNetwork& network : networks) {
    network.module.eval();
    for (at::Tensor& parameter : network.module.parameters()) parameter.set_requires_grad(false);
    network.module.to(device, dtype);
  }
}

}  // namespace atelier::bench
