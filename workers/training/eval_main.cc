// atelier-eval: paints held-out rendered pairs with a model folder and says how good it is.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/perception.h"
#include "people/png_writer.h"
#include "training/evaluation.h"

namespace atelier::training {
namespace {

struct Arguments {
  std::filesystem::path model = "models/atelier-mini";
  std::filesystem::path body = "workers/people/data/human.bin";
  std::filesystem::path out = "out/evaluation";
  int threads = 0;
  int steps = 0;
  double guidance = 0;
  EvaluationOptions evaluation;
};

nlohmann::json ToJson(const Scores& scores) {
  return {{"psnr_db", scores.psnr},
          {"person_psnr_db", scores.person_psnr},
          {"person_seen_psnr_db", scores.seen_psnr},
          {"person_unseen_psnr_db", scores.unseen_psnr},
          {"ssim", scores.ssim}};
}

void Print(const char* name, const Scores& scores) {
  std::printf("%-16s PSNR %6.2f  person %6.2f  seen %6.2f  unseen %6.2f  SSIM %.4f\n", name,
              scores.psnr, scores.person_psnr, scores.seen_psnr, scores.unseen_psnr, scores.ssim);
}

Status Write(const Arguments& arguments, const Evaluation& evaluation) {
  nlohmann::json json = {{"model", arguments.model.string()},
                         {"pairs", evaluation.pairs},
                         {"first_held_out_pair", arguments.evaluation.first},
                         {"seconds_per_picture", evaluation.seconds_per_picture},
                         {"painted", ToJson(evaluation.painted)},
                         {"copied_source", ToJson(evaluation.copied)},
                         {"warped_texture", ToJson(evaluation.warped)}};
  std::error_code failed;
  std::filesystem::create_directories(arguments.out, failed);
  ATELIER_RETURN_IF_ERROR(people::WriteImage(evaluation.grid, arguments.out / "grid.png"));
  std::ofstream file(arguments.out / "scores.json");
  file << json.dump(2) << "\n";
  file.close();
  if (!file) return InvalidField("--out", "a folder that can be written", arguments.out.string());
  return {};
}

Status Run(Arguments& arguments) {
  ATELIER_ASSIGN_OR_RETURN(const auto body, people::Body::Load(arguments.body));
  engine::PainterOptions painter_options;
  painter_options.threads = arguments.threads;
  ATELIER_ASSIGN_OR_RETURN(const auto painter,
                           engine::Painter::Load(arguments.model, painter_options));
  ATELIER_ASSIGN_OR_RETURN(const auto face, engine::FaceEmbedder::Load(arguments.model));
  if (arguments.steps > 0) arguments.evaluation.paint.steps = arguments.steps;
  if (arguments.guidance > 0) arguments.evaluation.paint.guidance = arguments.guidance;
  ATELIER_ASSIGN_OR_RETURN(const Evaluation evaluation,
                           Evaluate(*painter, *face, *body, arguments.evaluation, [&](int done) {
                             std::fprintf(stderr, "\r%d of %d pairs", done,
                                          arguments.evaluation.pairs);
                           }));
  std::fprintf(stderr, "\n");
  Print("painted", evaluation.painted);
  Print("copied source", evaluation.copied);
  Print("warped texture", evaluation.warped);
  std::printf("%.2f s a picture\n", evaluation.seconds_per_picture);
  return Write(arguments, evaluation);
}

}  // namespace

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Judges a model folder on held-out rendered people", "atelier-eval"};
  app.option_defaults()->always_capture_default();
  app.add_option("--model", arguments.model, "model folder");
  app.add_option("--body", arguments.body, "human.bin");
  app.add_option("--out", arguments.out, "folder for scores.json and grid.png");
  app.add_option("--pairs", arguments.evaluation.pairs, "held-out pairs")
      ->check(CLI::Range(1, 100000));
  app.add_option("--first", arguments.evaluation.first, "first held-out pair")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--batch", arguments.evaluation.batch, "pictures painted together")
      ->check(CLI::Range(1, 256));
  app.add_option("--steps", arguments.steps, "denoising steps; 0 = the model's");
  app.add_option("--guidance", arguments.guidance, "guidance scale; 0 = the model's");
  app.add_option("--threads", arguments.threads, "CPU threads; 0 = one per core");
  CLI11_PARSE(app, argc, argv);
  const Status status = Run(arguments);
  if (status) return 0;
  std::fprintf(stderr, "atelier-eval: %s\n", status.error().message.c_str());
  return 1;
}

}  // namespace atelier::training

int main(int argc, char** argv) { return atelier::training::Main(argc, argv); }
