#include <cstdio>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/commands/estimator_flag.h"
#include "client/cli/commands/model_flag.h"
#include "client/cli/commands/person_flag.h"
#include "client/cli/display/warnings.h"
#include "client/cli/files/inputs.h"
#include "client/cli/files/outputs.h"

namespace atelier::cli {

namespace {

struct Flags : CommonFlags {
  std::string picture;
  std::string skeleton;
  std::string iuv;
  std::string mask;
  std::string estimator;
  std::vector<float> person;
  std::string model;
  std::vector<std::string> strict;
  bool force = false;
};

std::vector<Output> OutputsOf(const Flags& flags) {
  return {{"--out", flags.skeleton},
          {"--iuv", flags.iuv, OutputKind::kExactPng},
          {"--mask", flags.mask, OutputKind::kExactPng}};
}

Status EstimatePose(const Flags& flags) {
  const std::vector<Output> outputs = OutputsOf(flags);
  ATELIER_RETURN_IF_ERROR(CheckOutputs(outputs, flags.force, flags.json));
  v1::EstimatePoseRequest request;
  ATELIER_ASSIGN_OR_RETURN(*request.mutable_picture(), PictureFromInput(flags.picture));
  request.set_estimator(EstimatorOf(flags.estimator));
  if (!flags.person.empty()) {
    ATELIER_RETURN_IF_ERROR(SetPerson(flags.person, "--person", *request.mutable_person()));
  }
  request.set_model(ModelOf(flags.model));
  *request.mutable_strict() = StrictOf(flags.strict);
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(v1::EstimatePoseResponse pose, client.EstimatePose(request));
  ShowWarnings(pose.warnings(), flags.json);
  ATELIER_RETURN_IF_ERROR(WriteOutput(outputs[0], pose.skeleton_png(), flags.force));
  ATELIER_RETURN_IF_ERROR(
      WriteIfShown(outputs[1], pose.iuv_png(), flags.force, "NO_IUV", flags.picture, "IUV"));
  ATELIER_RETURN_IF_ERROR(WriteIfShown(outputs[2], pose.person_mask_png(), flags.force, "NO_MASK",
                                       flags.picture, "person"));
  if (flags.json) {
    pose.clear_iuv_png();
    pose.clear_skeleton_png();
    pose.clear_person_mask_png();
    PrintJson(pose);
    return {};
  }
  std::FILE* const out = TakesStandardOutput(outputs) ? stderr : stdout;
  const std::string chart = pose.iuv_png().empty() ? "sees nobody" : "chart " + pose.iuv_chart();
  std::fprintf(out, "%s, confidence %.2f\n", pose.estimator().c_str(), pose.confidence());
  std::fprintf(out, "iuv: %s, confidence %.2f, %s\n", pose.iuv_estimator().c_str(),
               pose.iuv_confidence(), chart.c_str());
  for (const v1::Keypoint& point : pose.keypoints()) {
    std::fprintf(out, "  %-15s %7.1f %7.1f  %.2f\n", point.name().c_str(), point.x(), point.y(),
                 point.confidence());
  }
  return {};
}

}  // namespace

void AddPose(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand("pose", "Read the pose of the person in a picture");
  AddCommonFlags(command, *flags);
  command.add_option("picture", flags->picture, "Picture of a person; - for standard input")
      ->required();
  AddOutputFlag(command, "-o,--out", flags->skeleton,
                "File for the drawn skeleton; - for standard output, as for the two below");
  AddOutputFlag(command, "--iuv", flags->iuv, "PNG for the IUV picture");
  AddOutputFlag(command, "--mask", flags->mask, "PNG for the person's mask");
  AddForceFlag(command, flags->force);
  AddEstimatorFlag(command, flags->estimator);
  AddPersonFlag(command, "--person", "the picture", flags->person);
  AddModelFlag(command, flags->model);
  AddStrictFlag(command, flags->strict);
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = EstimatePose(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
