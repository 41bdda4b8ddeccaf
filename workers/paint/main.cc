// atelier-paint: paints one picture from files, without a server.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "base/version.h"
#include "paint/paint_command.h"
#include "paint/progress_bar.h"
#include "system/openmp_environment.h"

namespace atelier::paint {
namespace {

void AddFiles(CLI::App& app, PaintArguments& arguments) {
  app.add_option("model", arguments.model, "Folder of the model (model.json)")->required();
  app.add_option("--source", arguments.source, "Picture of the person: PNG, JPEG, WebP or HEIC");
  app.add_option("--texture", arguments.texture, "The person's texture map, the model's size");
  app.add_option("--validity", arguments.validity,
                 "Grey PNG: 255 where the texture map was seen; default: where it is not black");
  app.add_option("--iuv", arguments.iuv, "PNG of the target pose");
  app.add_option("--iuv-channels", arguments.iuv_channels,
                 "What R, G, B of --iuv are: iuv, or vui as published data sets have them")
      ->check(CLI::IsMember({"iuv", "vui"}))
      ->capture_default_str();
  app.add_option("--iuv-chart", arguments.iuv_chart,
                 "Chart of --iuv: atelier or densepose; default: what the file says, or else the "
                 "model's");
  app.add_option("--keypoints", arguments.keypoints,
                 "Picture of the target pose's keypoints, for a model that reads one");
  app.add_option("--face", arguments.face,
                 "Face embedding: .npy, .safetensors or .txt; default: no face seen");
  app.add_option("-o,--output", arguments.output, "PNG to write")->required();
}

void AddOptions(CLI::App& app, PaintArguments& arguments) {
  app.add_option("--device", arguments.painter.device, "cpu, cuda or cuda:N")
      ->capture_default_str();
  app.add_option("--dtype", arguments.painter.dtype,
                 "float32, bfloat16, or on CUDA also tf32 or float16 (fp32, bf16, fp16)")
      ->capture_default_str();
  app.add_option("--threads", arguments.painter.threads, "CPU threads; 0 = one per core")
      ->capture_default_str();
  app.add_option("--steps", arguments.paint.steps,
                 "Denoising steps; default: the model's; `steps` of model.json says which suit");
  app.add_option("--guidance", arguments.paint.guidance,
                 "Guidance scale, 1 = none; default: the model's");
  app.add_option("--scheduler", arguments.paint.scheduler,
                 "ddim, dpmpp_2m, unipc or ddpm; default: the model's");
  app.add_option("--seed", arguments.seed, "Seed of the noise")->capture_default_str();
  app.add_option("--height", arguments.paint.height, "Pixels; default: the model's");
  app.add_option("--width", arguments.paint.width, "Pixels; default: the model's");
}

/// The short names of the same types.
std::string FullDtype(const std::string& dtype) {
  if (dtype == "fp32") return "float32";
  if (dtype == "bf16") return "bfloat16";
  return dtype == "fp16" ? "float16" : dtype;
}

int Fail(const std::string& message, int status) {
  std::fprintf(stderr, "atelier-paint: %s\n", message.c_str());
  return status;
}

int Main(int argc, char** argv) {
  PaintArguments arguments;
  CLI::App app("Paints a person in a pose, from files.", "atelier-paint");
  app.set_version_flag("--version", std::string("atelier-paint ") + kVersion,
                       "Print the version and end");
  AddFiles(app, arguments);
  AddOptions(app, arguments);
  // Seam: CLI11 throws; one sentence is enough for what was mistyped.
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for) {
    return app.exit(asked_for);
  } catch (const CLI::ParseError& error) {
    return Fail(error.what(), 2);
  }
  arguments.painter.dtype = FullDtype(arguments.painter.dtype);
  ProgressBar bar(stderr);
  const auto on_step = [&](const engine::PaintStep& step) {
    bar.Show(step.step, step.steps, step.seconds);
    return true;
  };
  const auto on_warning = [](const Warning& warning) {
    std::fprintf(stderr, "atelier-paint: warning: %s: %s (%s)\n", warning.field.c_str(),
                 warning.message.c_str(), warning.reason.c_str());
  };
  const Status status = Paint(arguments, on_step, on_warning);
  return status ? 0 : Fail(status.error().message, 1);
}

}  // namespace
}  // namespace atelier::paint

int main(int argc, char** argv) {
  atelier::SettleOpenMp(argv);
  return atelier::paint::Main(argc, argv);
}
