// atelier-eval: paints held-out rendered pairs with a model folder and says how good it is. Its
// subcommand `edit` judges edits of pictures, `pairs` paints published test lists, `retrieval` the
// fusion embeddings of an FPDM model, `sequence` films of rendered people.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "base/version.h"
#include "engine/perception.h"
#include "people/files/png_writer.h"
#include "system/openmp_environment.h"
#include "training/evaluation/edit_command.h"
#include "training/evaluation/evaluation.h"
#include "training/evaluation/evaluation_report.h"
#include "training/evaluation/pairs_command.h"
#include "training/evaluation/retrieval_command.h"
#include "training/evaluation/sequence_command.h"

namespace atelier::training {
namespace {

struct Arguments {
  std::filesystem::path model = "models/atelier-mini";
  std::filesystem::path body = "workers/people/data/human.bin";
  std::filesystem::path out = "out/evaluation";
  /// Empty: the model's own, or the default model's where it has none.
  std::filesystem::path face_model;
  engine::PainterOptions painter;
  int steps = 0;
  double guidance = 0;
  std::filesystem::path fid_weights;
  std::vector<std::filesystem::path> lpips_weights;
  EvaluationOptions evaluation;
};

/// Everything that is read from files, before anything is painted.
struct Loaded {
  std::shared_ptr<const people::Body> body;
  std::unique_ptr<engine::Painter> painter;
  std::unique_ptr<engine::FaceEmbedder> face;
  std::unique_ptr<FidNetwork> fid;
  std::unique_ptr<LpipsNetwork> lpips;
};

std::filesystem::path FaceModelOf(const Arguments& arguments) {
  if (!arguments.face_model.empty()) return arguments.face_model;
  const auto own = engine::ComponentFiles(arguments.model, "face_network");
  const bool has_one = own && own->size() > 1;  // model.json is always among them
  return has_one ? arguments.model : Arguments().model;
}

Result<Loaded> LoadAll(const Arguments& arguments) {
  Loaded loaded;
  const std::string& device = arguments.painter.device;
  ATELIER_RETURN_IF_ERROR(CheckWritable(arguments.out));
  ATELIER_ASSIGN_OR_RETURN(loaded.body, people::Body::Load(arguments.body));
  if (!arguments.fid_weights.empty()) {
    ATELIER_ASSIGN_OR_RETURN(loaded.fid,
                             FidNetwork::Load(arguments.fid_weights, FidKind::kPytorchFid, device));
  }
  if (!arguments.lpips_weights.empty()) {
    ATELIER_ASSIGN_OR_RETURN(loaded.lpips, LpipsNetwork::Load(arguments.lpips_weights, device));
  }
  ATELIER_ASSIGN_OR_RETURN(loaded.painter,
                           engine::Painter::Load(arguments.model, arguments.painter));
  ATELIER_ASSIGN_OR_RETURN(loaded.face, engine::FaceEmbedder::Load(FaceModelOf(arguments)));
  return loaded;
}

ReportContext ContextOf(const Arguments& arguments, const Loaded& loaded) {
  const engine::ModelInfo& info = loaded.painter->info();
  const engine::PaintOptions& paint = arguments.evaluation.paint;
  ReportContext context;
  context.model = info;
  context.model_folder = arguments.model.string();
  context.steps = paint.steps.value_or(info.default_steps);
  context.guidance = paint.guidance.value_or(info.default_guidance);
  context.scheduler = paint.scheduler.empty() ? info.default_scheduler : paint.scheduler;
  context.first = arguments.evaluation.first;
  context.pairs = arguments.evaluation.pairs;
  context.line_up = arguments.evaluation.line_up;
  context.fid_weights = arguments.fid_weights.string();
  if (loaded.lpips) {
    context.lpips_weights = loaded.lpips->trunk() + ":";
    for (const auto& path : arguments.lpips_weights) context.lpips_weights += " " + path.string();
  }
  return context;
}

/// One line on a terminal, rewritten; how long the rest will take.
class Progress {
 public:
  explicit Progress(int pairs) : pairs_(pairs) {}
  void operator()(int done) const {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::fprintf(stderr, "\r%d of %d pairs, %.1f s a pair, %.0f s left   %s", done, pairs_,
                 seconds / done, seconds / done * (pairs_ - done), done == pairs_ ? "\n" : "");
    std::fflush(stderr);
  }

 private:
  int pairs_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void Print(const Evaluation& evaluation) {
  for (size_t i = 0; i < kContenderCount; ++i) {
    const Scores& s = evaluation.scores[i];
    std::printf("%-15s PSNR %6.2f  person %6.2f  seen %6.2f  unseen %6.2f  SSIM %.4f  face %.3f",
                kContenderNames[i].data(), s.psnr, s.person_psnr, s.seen_psnr.value_or(NAN),
                s.unseen_psnr.value_or(NAN), s.ssim, s.face_similarity.value_or(NAN));
    if (s.recognised) std::printf("  recognised %.1f %%", 100 * *s.recognised);
    if (s.lpips) std::printf("  LPIPS %.4f", *s.lpips);
    if (s.fid) std::printf("  FID %.2f", *s.fid);
    std::printf("\n");
  }
  std::printf("faces: same person %.3f, other people %.3f\n%.2f s a picture\n",
              evaluation.faces.same.value_or(NAN), evaluation.faces.other.value_or(NAN),
              evaluation.seconds_per_picture);
}

Status Run(Arguments& arguments) {
  if (arguments.steps > 0) arguments.evaluation.paint.steps = arguments.steps;
  if (arguments.guidance > 0) arguments.evaluation.paint.guidance = arguments.guidance;
  ATELIER_ASSIGN_OR_RETURN(const Loaded loaded, LoadAll(arguments));
  const Judges judges = {loaded.face.get(), loaded.fid.get(), loaded.lpips.get()};
  ATELIER_ASSIGN_OR_RETURN(const Evaluation evaluation,
                           Evaluate(*loaded.painter, judges, *loaded.body, arguments.evaluation,
                                    Progress(arguments.evaluation.pairs)));
  Print(evaluation);
  ATELIER_RETURN_IF_ERROR(WriteReport(evaluation, ContextOf(arguments, loaded), arguments.out));
  std::printf("%s\n", (arguments.out / "evaluation.html").c_str());
  return {};
}

}  // namespace

int Main(int argc, char** argv) {
  Arguments arguments;
  EvaluationOptions& evaluation = arguments.evaluation;
  CLI::App app{"Judges a model folder on held-out rendered people", "atelier-eval"};
  app.set_version_flag("--version", std::string("atelier-eval ") + kVersion,
                       "Print the version and end");
  app.option_defaults()->always_capture_default();
  app.add_option("--model", arguments.model, "model folder");
  app.add_option("--body", arguments.body, "human.bin");
  app.add_option("--out", arguments.out, "folder for evaluation.json and evaluation.html");
  app.add_option("--pairs", evaluation.pairs, "held-out pairs")->check(CLI::Range(1, 100000));
  app.add_option("--first-seed,--first", evaluation.first,
                 "first held-out pair: its person has seed 9,000,000 more, its noise this one")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--batch", evaluation.batch, "pictures painted together")
      ->check(CLI::Range(1, 256));
  app.add_option("--shown", evaluation.shown, "pairs shown of the worst, the best and the first")
      ->check(CLI::Range(0, 200));
  app.add_option("--line-up", evaluation.line_up,
                 "other people whom each picture could be taken for, in the same pose")
      ->check(CLI::Range(0, 1000));
  app.add_option("--steps", arguments.steps, "denoising steps; 0 = the model's")
      ->check(CLI::Range(0, 1000));
  app.add_option("--guidance", arguments.guidance, "guidance scale; 0 = the model's")
      ->check(CLI::Range(0.0, 30.0));
  app.add_option("--scheduler", evaluation.paint.scheduler, "one of the model's; empty = its own");
  app.add_option("--fid-weights", arguments.fid_weights,
                 "pytorch-fid's pt_inception-2015-12-05 weights; without them FID is not measured");
  app.add_option("--lpips-weights", arguments.lpips_weights,
                 "torchvision's AlexNet or VGG16 and lpips' v0.1 linear layers, two files or one; "
                 "without them LPIPS is not measured")
      ->expected(1, 2);
  app.add_option("--face-model", arguments.face_model,
                 "model folder whose face network judges faces; empty = the model itself or, where "
                 "it has none, models/atelier-mini");
  app.add_option("--threads", arguments.painter.threads, "CPU threads; 0 = one per core");
  app.add_option("--device", arguments.painter.device, "cpu, cuda or cuda:N");
  app.add_option("--dtype", arguments.painter.dtype,
                 "float32, bfloat16, or on CUDA also tf32 or float16");
  EditArguments edit_arguments;
  const CLI::App* edit = AddEditCommand(app, edit_arguments);
  PairsArguments pairs_arguments;
  const CLI::App* pairs = AddPairsCommand(app, pairs_arguments);
  RetrievalArguments retrieval_arguments;
  const CLI::App* retrieval = AddRetrievalCommand(app, retrieval_arguments);
  SequenceArguments sequence_arguments;
  const CLI::App* sequence = AddSequenceCommand(app, sequence_arguments);
  CLI11_PARSE(app, argc, argv);
  const Status status = edit->parsed()        ? RunEditCommand(edit_arguments)
                        : pairs->parsed()     ? RunPairsCommand(pairs_arguments)
                        : retrieval->parsed() ? RunRetrievalCommand(retrieval_arguments)
                        : sequence->parsed()  ? RunSequenceCommand(sequence_arguments)
                                              : Run(arguments);
  if (status) return 0;
  std::fprintf(stderr, "\natelier-eval: %s (%s)\n", status.error().message.c_str(),
               status.error().reason.c_str());
  return 1;
}

}  // namespace atelier::training

int main(int argc, char** argv) {
  atelier::SettleOpenMp(argv);
  return atelier::training::Main(argc, argv);
}
