// atelier-bench: measures the engine. Figures, not tests: nothing here passes or fails.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "base/version.h"
#include "bench/memory_bench.h"
#include "bench/step_bench.h"
#include "engine/nn/number_format.h"

namespace atelier::bench {
namespace {

void AddDevice(CLI::App& command, std::string& device, std::string& dtype) {
  command.add_option("--device", device, "cpu, cuda or cuda:N");
  command.add_option("--dtype", dtype, "")->check(CLI::IsMember(engine::NumberFormatNames()));
}

int Main(int argc, char** argv) {
  StepBenchOptions step;
  std::filesystem::path model = "models/mcld", out;
  int pictures = 50, steps = 2;
  Status status;

  CLI::App app{"Measures the engine: seconds a step, seconds and memory to load, memory over time",
               "atelier-bench"};
  app.set_version_flag("--version", std::string("atelier-bench ") + kVersion,
                       "Print the version and end");
  app.option_defaults()->always_capture_default();
  app.require_subcommand(1);

  CLI::App& step_command = *app.add_subcommand(
      "step", "One guided step with random weights, and where its time goes by module");
  step_command.add_option("--model", step.model, "folder with a model.json; weights are not read");
  step_command.add_option("--size", step.size, "pixels a side")->check(CLI::Range(64, 2048));
  AddDevice(step_command, step.device, step.dtype);
  step_command.add_option("--threads", step.threads, "0 = one per core");
  step_command.add_option("--repeat", step.repeat, "timed steps")->check(CLI::Range(1, 1000));
  step_command.add_flag("--yardstick", step.yardstick,
                        "also time the published step and compare with it");
  step_command.callback([&] { status = RunStepBench(step); });

  CLI::App& write_command =
      *app.add_subcommand("random-model", "Writes random weights for a model.json");
  write_command.add_option("--model", model, "folder with the model.json");
  write_command.add_option("--dtype", step.dtype, "")
      ->check(CLI::IsMember({"float32", "bfloat16"}));
  write_command.add_option("--out", out, "folder to write")->required();
  write_command.callback([&] { status = WriteRandomModel(model, step.dtype, out); });

  CLI::App& load_command = *app.add_subcommand("load", "Seconds and peak memory of loading");
  load_command.add_option("--model", model, "model folder with weights");
  AddDevice(load_command, step.device, step.dtype);
  load_command.callback([&] { status = RunLoadBench(model, step.device, step.dtype); });

  CLI::App& growth_command = *app.add_subcommand("growth", "Memory over many pictures");
  growth_command.add_option("--model", model, "model folder with weights");
  growth_command.add_option("--device", step.device, "cpu, cuda or cuda:N");
  growth_command.add_option("--pictures", pictures, "")->check(CLI::Range(1, 100000));
  growth_command.add_option("--steps", steps, "a picture")->check(CLI::Range(1, 1000));
  growth_command.callback([&] { status = RunGrowthBench(model, step.device, pictures, steps); });

  // Seam: LibTorch throws.
  try {
    CLI11_PARSE(app, argc, argv);
  } catch (const std::exception& error) {
    status = MakeError(Code::kInternal, "LIBTORCH", error.what());
  }
  if (status) return 0;
  std::fprintf(stderr, "atelier-bench: %s\n", status.error().message.c_str());
  return 1;
}

}  // namespace
}  // namespace atelier::bench

int main(int argc, char** argv) { return atelier::bench::Main(argc, argv); }
