#include "client/cli/edit/edit_flags.h"

#include "client/cli/commands/estimator_flag.h"
#include "client/cli/commands/iuv_channels_flag.h"
#include "client/cli/commands/model_flag.h"
#include "client/cli/commands/person_flag.h"
#include "limits/limits.h"

namespace atelier::cli {

void AddEditFlags(CLI::App& command, EditFlags& flags) {
  command
      .add_option("base", flags.base,
                  "Picture of the person to edit (PNG, JPEG, WebP, HEIC); - for standard input, as "
                  "for every picture")
      ->required();
  AddSwapFlags(command);
  auto* target = command.add_option_group("target", "Another pose: at most one");
  target->add_option("--pose", flags.pose, "Picture of anybody in the pose");
  target->add_option("--pose-iuv", flags.pose_iuv, "The pose as an IUV picture (PNG)");
  target->require_option(0, 1);
  AddIuvChannelsFlag(command, flags.iuv_channels, "--pose-iuv");
  command
      .add_option("--also", flags.sources,
                  "With another pose: further photographs of the person, " +
                      RuleOf<v1::EditSpec>("sources"))
      ->delimiter(',');
  command.add_flag("--repaint", flags.repaint,
                   "Paint the whole person anew; default: what is not swapped stays as it is");
  AddModelFlag(command, flags.model);
  command.add_option("--seed", flags.seed, "Seed of the noise; picture i uses seed + i");
  command.add_option("--count", flags.count,
                     "How many variations, " + RuleOf<v1::EditSpec>("variations"));
  command.add_option("--longest-side", flags.longest_side,
                     "Longer side of the result in pixels, " +
                         RuleOf<v1::EditSpec>("longest_side") + "; default: the base's own");
  AddEstimatorFlag(command, flags.base_estimator, "--base-estimator");
  AddEstimatorFlag(command, flags.pose_estimator, "--pose-estimator");
  AddPersonFlag(command, "--base-person", "the base", flags.base_person);
  AddPersonFlag(command, "--pose-person", "the pose picture", flags.pose_person);
  AddJobTermsFlags(command, flags.terms);
}

Result<v1::JobSpec> EditFromFlags(const EditFlags& flags,
                                  const std::vector<SwapArgument>& arguments) {
  std::vector<Given> inputs = FilesOf(arguments);
  inputs.insert(inputs.begin(), {"base", flags.base});
  inputs.push_back({"--pose", flags.pose});
  inputs.push_back({"--pose-iuv", flags.pose_iuv});
  for (const std::string& path : flags.sources) inputs.push_back({"--also", path});
  ATELIER_RETURN_IF_ERROR(CheckInputs(inputs));
  v1::JobSpec job;
  v1::EditSpec& spec = *job.mutable_edit();
  ATELIER_RETURN_IF_ERROR(AddSwaps(arguments, spec));
  ATELIER_ASSIGN_OR_RETURN(*spec.mutable_base(), PictureFromInput(flags.base));
  if (!flags.pose.empty()) {
    ATELIER_ASSIGN_OR_RETURN(*spec.mutable_pose_picture(), PictureFromInput(flags.pose));
  }
  if (!flags.pose_iuv.empty()) {
    ATELIER_ASSIGN_OR_RETURN(*spec.mutable_pose_iuv(), PictureFromInput(flags.pose_iuv));
    spec.set_iuv_channels(IuvChannelsOf(flags.iuv_channels));
  }
  for (const std::string& path : flags.sources) {
    ATELIER_ASSIGN_OR_RETURN(*spec.add_sources(), PictureFromInput(path));
  }
  spec.set_model(ModelOf(flags.model));
  spec.set_base_estimator(EstimatorOf(flags.base_estimator));
  spec.set_pose_estimator(EstimatorOf(flags.pose_estimator));
  if (!flags.base_person.empty()) {
    ATELIER_RETURN_IF_ERROR(
        SetPerson(flags.base_person, "--base-person", *spec.mutable_base_person()));
  }
  if (!flags.pose_person.empty()) {
    ATELIER_RETURN_IF_ERROR(
        SetPerson(flags.pose_person, "--pose-person", *spec.mutable_pose_person()));
  }
  if (flags.repaint) spec.set_keep_rest(false);
  if (flags.seed) spec.set_seed(*flags.seed);
  if (flags.count) spec.set_variations(*flags.count);
  if (flags.longest_side) spec.set_longest_side(*flags.longest_side);
  SetTerms(flags.terms, job);
  return job;
}

}  // namespace atelier::cli
