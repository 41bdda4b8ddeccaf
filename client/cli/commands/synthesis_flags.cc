#include "client/cli/commands/synthesis_flags.h"

#include "client/cli/commands/estimator_flag.h"
#include "client/cli/commands/iuv_channels_flag.h"
#include "client/cli/commands/model_flag.h"
#include "client/cli/commands/person_flag.h"
#include "client/cli/commands/reading_flags.h"
#include "client/cli/files/inputs.h"
#include "limits/limits.h"

namespace atelier::cli {

namespace {

/// Reads `path` into `picture()` unless it is empty.
template <typename Mutable>
Status AddPicture(const std::string& path, Mutable picture) {
  if (path.empty()) return {};
  ATELIER_ASSIGN_OR_RETURN(*picture(), PictureFromInput(path));
  return {};
}

}  // namespace

void AddSynthesisFlags(CLI::App& command, SynthesisFlags& flags) {
  command
      .add_option("source", flags.source,
                  "Picture of the person (PNG, JPEG, WebP, HEIC); - for standard input, as for "
                  "every picture")
      ->required();
  auto* target = command.add_option_group("target", "The pose: exactly one");
  target->add_option("--pose", flags.pose, "Picture of anybody in the pose");
  target->add_option("--pose-iuv", flags.pose_iuv, "The pose as an IUV picture (PNG)");
  target->require_option(1);
  command.add_option("--source-iuv", flags.source_iuv,
                     "The source's body parts as an IUV picture of its size (PNG)");
  command.add_option(
      "--iuv-chart", flags.iuv_chart,
      "Chart of --pose-iuv and --source-iuv: atelier or densepose; default: what the "
      "files say, or else the model's");
  AddIuvChannelsFlag(command, flags.iuv_channels, "--pose-iuv and --source-iuv");
  command
      .add_option("--also", flags.sources,
                  "Further photographs of the person, " + RuleOf<v1::SynthesisSpec>("sources") +
                      ": what the source does not show is taken from them")
      ->delimiter(',');
  command.add_option("--texture", flags.texture, "Texture map instead of the person's own (PNG)");
  command.add_option("--face", flags.face, "Picture whose face is painted instead");
  AddModelFlag(command, flags.model);
  command.add_option("--steps", flags.steps,
                     "Denoising steps, " + RuleOf<v1::SynthesisSpec>("steps") +
                         "; see `atelier models` for how many suit");
  command.add_option(
      "--guidance", flags.guidance,
      "Guidance scale, " + RuleOf<v1::SynthesisSpec>("guidance") + "; 1 halves the work");
  command.add_option("--seed", flags.seed, "Seed of the noise; picture i uses seed + i");
  command.add_option("--scheduler", flags.scheduler, "One of the model's schedulers");
  command.add_option("--height", flags.height, "Pixels, " + RuleOf<v1::SynthesisSpec>("height"));
  command.add_option("--width", flags.width, "Pixels, " + RuleOf<v1::SynthesisSpec>("width"));
  command.add_option("--output-scale", flags.output_scale,
                     "Pixels of the result for each that is painted, " +
                         RuleOf<v1::SynthesisSpec>("output_scale") +
                         "; default: 2 for photographs, whose own pixels are laid over the "
                         "painting, else 1");
  command
      .add_option("--keep-shape", flags.keep_shape,
                  "Whose body is painted: the source's (default) or the pose picture's")
      ->check(CLI::IsMember({"source", "target"}));
  AddEstimatorFlag(command, flags.source_estimator, "--source-estimator");
  AddEstimatorFlag(command, flags.pose_estimator, "--pose-estimator");
  AddPersonFlag(command, "--source-person", "the source", flags.source_person);
  AddPersonFlag(command, "--pose-person", "the pose picture", flags.pose_person);
  command.add_option("--count", flags.count,
                     "How many pictures, " + RuleOf<v1::SynthesisSpec>("image_count"));
  command.add_option("--preview-every", flags.preview_every, "A preview every so many steps");
  AddJobTermsFlags(command, flags.terms);
}

Result<v1::JobSpec> SpecFromFlags(const SynthesisFlags& flags) {
  std::vector<Given> inputs = {{"source", flags.source},       {"--pose", flags.pose},
                               {"--pose-iuv", flags.pose_iuv}, {"--source-iuv", flags.source_iuv},
                               {"--texture", flags.texture},   {"--face", flags.face}};
  for (const std::string& path : flags.sources) inputs.push_back({"--also", path});
  ATELIER_RETURN_IF_ERROR(CheckInputs(inputs));
  v1::JobSpec job;
  v1::SynthesisSpec& spec = *job.mutable_synthesis();
  ATELIER_RETURN_IF_ERROR(AddPicture(flags.source, [&] { return spec.mutable_source(); }));
  ATELIER_RETURN_IF_ERROR(AddPicture(flags.pose, [&] { return spec.mutable_pose_picture(); }));
  ATELIER_RETURN_IF_ERROR(AddPicture(flags.pose_iuv, [&] { return spec.mutable_pose_iuv(); }));
  ATELIER_RETURN_IF_ERROR(AddPicture(flags.source_iuv, [&] { return spec.mutable_source_iuv(); }));
  for (const std::string& path : flags.sources) {
    ATELIER_RETURN_IF_ERROR(AddPicture(path, [&] { return spec.add_sources(); }));
  }
  spec.set_iuv_chart(flags.iuv_chart);
  spec.set_iuv_channels(IuvChannelsOf(flags.iuv_channels));
  ATELIER_RETURN_IF_ERROR(AddPicture(flags.texture, [&] { return spec.mutable_texture(); }));
  ATELIER_RETURN_IF_ERROR(AddPicture(flags.face, [&] { return spec.mutable_face(); }));
  spec.set_model(ModelOf(flags.model));
  spec.set_scheduler(flags.scheduler);
  if (flags.output_scale) spec.set_output_scale(*flags.output_scale);
  ATELIER_RETURN_IF_ERROR(SetReading(flags, spec));
  if (flags.steps) spec.set_steps(*flags.steps);
  if (flags.height) spec.set_height(*flags.height);
  if (flags.width) spec.set_width(*flags.width);
  if (flags.count) spec.set_image_count(*flags.count);
  if (flags.preview_every) spec.set_preview_every(*flags.preview_every);
  if (flags.guidance) spec.set_guidance(*flags.guidance);
  if (flags.seed) spec.set_seed(*flags.seed);
  SetTerms(flags.terms, job);
  return job;
}

}  // namespace atelier::cli
