#include <cstdio>

#include "client/cli/command.h"
#include "client/cli/estimator_flag.h"
#include "client/cli/given_file.h"
#include "client/cli/model_flag.h"
#include "client/cli/warnings.h"
#include "client/local_file.h"

namespace atelier::cli {

namespace {

struct Flags : CommonFlags {
  std::string picture;
  std::string skeleton;
  std::string iuv;
  std::string mask;
  std::string estimator;
  std::string model;
  std::vector<std::string> strict;
};

Status EstimatePose(const Flags& flags) {
  v1::EstimatePoseRequest request;
  ATELIER_ASSIGN_OR_RETURN(*request.mutable_picture(), client::PictureFromFile(flags.picture));
  request.set_estimator(EstimatorOf(flags.estimator));
  request.set_model(ModelOf(flags.model));
  *request.mutable_strict() = StrictOf(flags.strict);
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(v1::EstimatePoseResponse pose, client.EstimatePose(request));
  ShowWarnings(pose.warnings(), flags.json);
  if (!flags.skeleton.empty()) {
    ATELIER_RETURN_IF_ERROR(client::WriteFileAtomically(flags.skeleton, pose.skeleton_png()));
  }
  ATELIER_RETURN_IF_ERROR(WriteGiven(flags.iuv, pose.iuv_png(), "NO_IUV", flags.picture, "IUV"));
  ATELIER_RETURN_IF_ERROR(
      WriteGiven(flags.mask, pose.person_mask_png(), "NO_MASK", flags.picture, "person"));
  if (flags.json) {
    pose.clear_iuv_png();
    pose.clear_skeleton_png();
    pose.clear_person_mask_png();
    PrintJson(pose);
    return {};
  }
  std::printf("%s, confidence %.2f\n", pose.estimator().c_str(), pose.confidence());
  const std::string chart = pose.iuv_png().empty() ? "sees nobody" : "chart " + pose.iuv_chart();
  std::printf("iuv: %s, confidence %.2f, %s\n", pose.iuv_estimator().c_str(), pose.iuv_confidence(),
              chart.c_str());
  for (const v1::Keypoint& point : pose.keypoints()) {
    std::printf("  %-15s %7.1f %7.1f  %.2f\n", point.name().c_str(), point.x(), point.y(),
                point.confidence());
  }
  return {};
}

}  // namespace

void AddPose(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand("pose", "Read the pose of the person in a picture");
  AddCommonFlags(command, *flags);
  command.add_option("picture", flags->picture, "Picture of a person")->required();
  command.add_option("-o,--out", flags->skeleton, "PNG for the drawn skeleton");
  command.add_option("--iuv", flags->iuv, "PNG for the IUV picture");
  command.add_option("--mask", flags->mask, "PNG for the person's mask");
  AddEstimatorFlag(command, flags->estimator);
  AddModelFlag(command, flags->model);
  AddStrictFlag(command, flags->strict);
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = EstimatePose(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
