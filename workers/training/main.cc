// atelier-train: trains the networks of a model folder on rendered people.
#include <torch/utils.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include "base/version.h"
#include "engine/nn/number_format.h"
#include "engine/pipelines/registry.h"
#include "people/body/body.h"
#include "system/openmp_environment.h"
#include "training/fpdm/denoising_task.h"
#include "training/fpdm/fusion_task.h"
#include "training/tasks/face_task.h"
#include "training/tasks/mcld_task.h"
#include "training/tasks/networks.h"
#include "training/tasks/pose_task.h"
#include "training/tasks/vae_task.h"
#include "training/texture/texture_fit.h"
#include "training/trainer.h"

namespace atelier::training {
namespace {

std::atomic<bool> stop_requested = false;

struct Arguments {
  std::string task;
  std::filesystem::path model = "models/atelier-mini";
  std::filesystem::path body = "workers/people/data/human.bin";
  std::filesystem::path start_from;
  int identities = 0;
  int batch = 0;
  int render_threads = 1;
  int threads = 0;
  bool data_only = false;
  /// What is not in bf16: engine/nn/number_format.h.
  std::string dtype = "float32";
  int pool = 512;
  int reuse = 0;
  double face_weight = McldTaskOptions().face_weight;
  double person_weight = McldTaskOptions().person_weight;
  double decoded_weight = McldTaskOptions().decoded_weight;
  bool baseline_fusion = false;
  int pictures = FusionTaskOptions().pictures;
  bool freeze_source_encoder = false;
  double drop_rate = ConditionDropRates().pose;
  TrainerOptions trainer;
};

PairOptions PairOptionsOf(const engine::ModelFolder& folder) {
  return {folder.info.height, folder.info.width,
          static_cast<int>(folder.conditioning.texture_height / engine::kAtlasRows)};
}

/// The options every task has; 0 on the command line means the task's own default.
template <typename Options>
Options CommonOptions(const Arguments& arguments) {
  Options options;
  options.render_threads = arguments.render_threads;
  options.device = arguments.trainer.device;
  if (arguments.batch > 0) options.batch = arguments.batch;
  return options;
}

/// CommonOptions() of a task that reuses its samples.
template <typename Options>
Options ReuseOptions(const Arguments& arguments) {
  auto options = CommonOptions<Options>(arguments);
  if (arguments.reuse > 0) options.reuse = arguments.reuse;
  return options;
}

Result<std::unique_ptr<Task>> MakeVaeTask(const Arguments& arguments,
                                          std::shared_ptr<const people::Body> body,
                                          const engine::ModelFolder& folder,
                                          const RunState& state) {
  ATELIER_ASSIGN_OR_RETURN(engine::AutoencoderKL vae, MakeVae(folder));
  ATELIER_RETURN_IF_ERROR(StartFrom(arguments.start_from, "vae", *vae));
  auto options = ReuseOptions<VaeTaskOptions>(arguments);
  options.pair = PairOptionsOf(folder);
  return std::make_unique<VaeTask>(body, vae, options, state);
}

Result<std::unique_ptr<Task>> MakePoseTask(const Arguments& arguments,
                                           std::shared_ptr<const people::Body> body,
                                           const engine::ModelFolder& folder,
                                           const RunState& state) {
  ATELIER_ASSIGN_OR_RETURN(engine::PoseNetwork network, MakePoseNetwork(folder));
  const auto options = ReuseOptions<PoseTaskOptions>(arguments);
  return std::make_unique<PoseTask>(body, network, options, state);
}

Result<std::unique_ptr<Task>> MakeFaceTask(const Arguments& arguments,
                                           std::shared_ptr<const people::Body> body,
                                           const engine::ModelFolder& folder,
                                           const RunState& state) {
  ATELIER_ASSIGN_OR_RETURN(engine::FaceNetwork network, MakeFaceNetwork(folder));
  ATELIER_RETURN_IF_ERROR(StartFrom(arguments.start_from, "face_network", *network));
  auto options = CommonOptions<FaceTaskOptions>(arguments);
  if (arguments.identities > 0) options.identities = arguments.identities;
  torch::nn::Linear classifier(
      torch::nn::LinearOptions(network->config().embedding_size, options.identities).bias(false));
  return std::make_unique<FaceTask>(body, network, classifier, options, state);
}

Result<std::unique_ptr<Task>> MakeMcldTask(const Arguments& arguments,
                                           std::shared_ptr<const people::Body> body,
                                           const engine::ModelFolder& folder,
                                           const RunState& state) {
  ATELIER_ASSIGN_OR_RETURN(McldTraining training,
                           MakeMcldTraining(arguments.model, arguments.start_from));
  auto options = ReuseOptions<McldTaskOptions>(arguments);
  options.pair = PairOptionsOf(folder);
  options.pool = arguments.pool;
  options.face_weight = arguments.face_weight;
  options.person_weight = arguments.person_weight;
  options.decoded_weight = arguments.decoded_weight;
  return std::make_unique<McldTask>(body, std::move(training), options, state);
}

Result<std::unique_ptr<Task>> MakeFusionTask(const Arguments& arguments,
                                             std::shared_ptr<const people::Body> body,
                                             const engine::ModelFolder& folder,
                                             const RunState& state) {
  ATELIER_ASSIGN_OR_RETURN(FpdmTraining training,
                           MakeFusionTraining(arguments.model, arguments.start_from));
  auto options = ReuseOptions<FusionTaskOptions>(arguments);
  options.pair = FusionPairOf(*training.networks.image_encoder, folder.info);
  options.loss.source_enhanced = !arguments.baseline_fusion;
  options.pictures = arguments.pictures;
  if (options.pictures < 2 || options.pictures % 2 != 0)
    return InvalidField("--pictures", "even: a person's pictures are paired",
                        std::to_string(options.pictures));
  if (options.batch < 2 || options.batch % (options.pictures / 2) != 0)
    return InvalidField("--batch",
                        "2 or more, and a multiple of " + std::to_string(options.pictures / 2) +
                            ", the pairs of a person",
                        std::to_string(options.batch));
  return std::make_unique<FusionTask>(body, std::move(training), options, state);
}

Result<std::unique_ptr<Task>> MakeDenoisingTask(const Arguments& arguments,
                                                std::shared_ptr<const people::Body> body,
                                                const engine::ModelFolder& folder,
                                                const RunState& state) {
  ATELIER_ASSIGN_OR_RETURN(FpdmTraining training,
                           MakeDenoisingTraining(arguments.model, arguments.start_from,
                                                 !arguments.freeze_source_encoder));
  auto options = ReuseOptions<DenoisingTaskOptions>(arguments);
  options.pair = PairOptionsOf(folder);
  options.train_source_encoder = !arguments.freeze_source_encoder;
  options.drop_rates = {
      .pose = arguments.drop_rate, .source = arguments.drop_rate, .fusion = arguments.drop_rate};
  return std::make_unique<DenoisingTask>(body, std::move(training), options, state);
}

using MakeTask = Result<std::unique_ptr<Task>> (*)(const Arguments&,
                                                   std::shared_ptr<const people::Body>,
                                                   const engine::ModelFolder&, const RunState&);

/// Every task but the fit of textures, which is none.
const std::map<std::string, MakeTask> kTasks = {
    {"vae", &MakeVaeTask},   {"pose", &MakePoseTask},     {"face", &MakeFaceTask},
    {"mcld", &MakeMcldTask}, {"fusion", &MakeFusionTask}, {"fpdm", &MakeDenoisingTask}};

Status Run(const Arguments& arguments) {
  // Before other threads are started, which set it for themselves.
  at::set_num_threads(arguments.threads > 0 ? arguments.threads : at::get_num_threads());
  ATELIER_ASSIGN_OR_RETURN(
      const auto format,
      engine::ParseNumberFormat(arguments.dtype, at::Device(arguments.trainer.device)));
  engine::UseNumberFormat(format);
  at::globalContext().setFlushDenormal(true);
  torch::manual_seed(arguments.trainer.seed);
  std::error_code failed;
  std::filesystem::create_directories(arguments.trainer.out, failed);
  if (failed)
    return InvalidField("--out", "a folder that can be made", arguments.trainer.out.string());
  ATELIER_ASSIGN_OR_RETURN(const auto body, people::Body::Load(arguments.body));
  ATELIER_ASSIGN_OR_RETURN(const auto folder, engine::ReadModelFolder(arguments.model));
  if (arguments.task == "texture") {
    TextureFitOptions options;
    options.pair = PairOptionsOf(folder);
    options.render_threads = arguments.render_threads;
    if (arguments.identities > 0) options.identities = arguments.identities;
    ATELIER_ASSIGN_OR_RETURN(
        const TextureFitScore score,
        FitTexture(*body, folder, options, arguments.trainer.out, stop_requested));
    std::printf("unseen texture PSNR %.2f dB (holes filled by their neighbours %.2f)\n",
                score.completed, score.filled);
    return {};
  }
  ATELIER_ASSIGN_OR_RETURN(const RunState state, ReadRunState(arguments.trainer.out));
  const MakeTask make = kTasks.at(arguments.task);
  ATELIER_ASSIGN_OR_RETURN(const std::unique_ptr<Task> task, make(arguments, body, folder, state));
  if (arguments.data_only) {
    MeasureData(*task, arguments.trainer, stop_requested);
    return {};
  }
  int64_t parameters = 0;
  for (const TrainedModule& trained : task->modules()) {
    int64_t count = 0;
    for (const at::Tensor& parameter : trained.module->parameters()) count += parameter.numel();
    std::printf("%s: %.2f M parameters\n", trained.component.c_str(), count / 1e6);
    parameters += count;
  }
  std::printf("training %.2f M parameters for %.1f min%s\n", parameters / 1e6,
              arguments.trainer.minutes, state.step > 0 ? ", resumed" : "");
  return Train(*task, arguments.trainer, stop_requested);
}

}  // namespace

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Trains the networks of a model folder on rendered people", "atelier-train"};
  app.set_version_flag("--version", std::string("atelier-train ") + kVersion,
                       "Print the version and end");
  app.option_defaults()->always_capture_default();
  app.add_option("task", arguments.task,
                 "vae, face, pose, texture, mcld (needs vae, face and texture), fusion or fpdm "
                 "(needs vae and fusion)")
      ->required()
      ->check(CLI::IsMember({"vae", "face", "pose", "texture", "mcld", "fusion", "fpdm"}));
  app.add_option("--out", arguments.trainer.out,
                 "folder for weights, grids and checkpoint; resumed")
      ->required();
  app.add_option("--model", arguments.model, "model folder");
  app.add_option("--body", arguments.body, "human.bin");
  app.add_option(
      "--start-from", arguments.start_from,
      "all but pose and texture: folder with weights to start from; narrower ones are widened");
  app.add_option("--identities", arguments.identities,
                 "people to tell apart (face) or to render (texture); 0 = the task's default")
      ->check(CLI::Range(0, static_cast<int>(kHeldOutIdentity)));
  app.add_option("--minutes", arguments.trainer.minutes, "budget, earlier parts included")
      ->check(CLI::PositiveNumber);
  app.add_option("--part-minutes", arguments.trainer.part_minutes,
                 "ends this part of the run, whatever of the budget is left; 0 = at the budget")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--show-waiting", arguments.trainer.show_waiting,
               "print the share of a step that passes in waiting for its data");
  app.add_flag("--data-only", arguments.data_only,
               "make data for --minutes without training on them, and print how fast they come");
  app.add_option("--eval-minutes", arguments.trainer.eval_minutes, "between evaluations")
      ->check(CLI::PositiveNumber);
  app.add_option("--learning-rate", arguments.trainer.learning_rate, "peak")
      ->check(CLI::PositiveNumber);
  app.add_option("--batch", arguments.batch, "pictures a step; 0 = the task's default");
  app.add_option("--pool", arguments.pool, "mcld: pairs encoded at a time")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--face-weight", arguments.face_weight,
                 "mcld: what the loss counts once more on the face")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--person-weight", arguments.person_weight,
                 "mcld: what the loss counts once more on the clothed person")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--decoded-weight", arguments.decoded_weight,
                 "mcld: weight of pixel losses on decoded cuts")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--baseline-fusion", arguments.baseline_fusion,
               "fusion: the plain contrast, without the sources as targets of themselves");
  app.add_option("--pictures", arguments.pictures,
                 "fusion: pictures of each person, even; half as many are pairs of a batch")
      ->check(CLI::Range(2, 64));
  app.add_flag("--freeze-source-encoder", arguments.freeze_source_encoder,
               "fpdm: the source encoder keeps the weights of the model folder");
  app.add_option("--drop-rate", arguments.drop_rate,
                 "fpdm: how often each condition is dropped; less where nothing is to be guided")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--reuse", arguments.reuse, "batches each pair takes part in; 0 = default");
  app.add_option("--render-threads", arguments.render_threads, "threads that render")
      ->check(CLI::Range(1, 256));
  app.add_option("--threads", arguments.threads, "threads that train; 0 = one per core");
  app.add_option("--device", arguments.trainer.device, "cpu, cuda or cuda:N");
  app.add_option("--dtype", arguments.dtype, "of what is not in bf16: float32, or tf32 on CUDA")
      ->check(CLI::IsMember({"float32", "tf32"}));
  app.add_option("--seed", arguments.trainer.seed, "of weights and samples");
  app.add_flag("!--full-precision", arguments.trainer.mixed_precision,
               "no bf16 autocast; processors without bf16 never use it");
  CLI11_PARSE(app, argc, argv);

  std::signal(SIGINT, [](int) { stop_requested = true; });
  std::signal(SIGTERM, [](int) { stop_requested = true; });
  // Seam: LibTorch throws.
  Status status;
  try {
    status = Run(arguments);
  } catch (const std::exception& error) {
    status = MakeError(Code::kInternal, "LIBTORCH", error.what());
  }
  if (status) return 0;
  std::fprintf(stderr, "atelier-train: %s\n", status.error().message.c_str());
  return 1;
}

}  // namespace atelier::training

int main(int argc, char** argv) {
  atelier::SettleOpenMp(argv);
  return atelier::training::Main(argc, argv);
}
