#include <cstdio>
#include <vector>

#include "client/cli/command.h"
#include "client/cli/commands/estimator_flag.h"
#include "client/cli/commands/iuv_channels_flag.h"
#include "client/cli/commands/model_flag.h"
#include "client/cli/commands/person_flag.h"
#include "client/cli/display/warnings.h"
#include "client/cli/edit/read_regions.h"
#include "client/cli/edit/show_regions.h"
#include "client/cli/files/inputs.h"
#include "client/cli/files/outputs.h"
#include "client/sendable.h"

namespace atelier::cli {

namespace {

struct Flags : CommonFlags {
  std::string picture;
  std::string iuv;
  std::string texture;
  std::string face;
  std::string aligned;
  std::string mask;
  std::string estimator;
  std::string model;
  std::string iuv_chart, iuv_channels;
  std::vector<float> person;
  ShownRegions shown;
  std::vector<std::string> strict;
  bool force = false;
};

Result<v1::EstimatePoseRequest> PoseRequestFor(const Flags& flags, const v1::Picture& picture) {
  v1::EstimatePoseRequest request;
  *request.mutable_picture() = picture;
  request.set_estimator(EstimatorOf(flags.estimator));
  request.set_model(ModelOf(flags.model));
  *request.mutable_strict() = StrictOf(flags.strict);
  if (!flags.person.empty()) {
    ATELIER_RETURN_IF_ERROR(SetPerson(flags.person, "--person", *request.mutable_person()));
  }
  return request;
}

/// With the given IUV file, or with what the pose service reads from the picture. When its
/// keypoints and its IUV are of different estimators, the picture is a photograph to it, and is one
/// here too. What makes that reading doubtful is added to `warnings`.
Result<v1::ExtractRegionsRequest> RequestFor(client::Client& client, const Flags& flags,
                                             WarningMessages& warnings) {
  v1::ExtractRegionsRequest request;
  ATELIER_ASSIGN_OR_RETURN(*request.mutable_picture(), PictureFromInput(flags.picture));
  request.set_estimator(EstimatorOf(flags.estimator));
  request.set_model(ModelOf(flags.model));
  request.set_iuv_chart(flags.iuv_chart);
  *request.mutable_strict() = StrictOf(flags.strict);
  if (!flags.iuv.empty()) {
    ATELIER_ASSIGN_OR_RETURN(*request.mutable_iuv_png(), ReadInput(flags.iuv));
    request.set_iuv_channels(IuvChannelsOf(flags.iuv_channels));
    return request;
  }
  ATELIER_ASSIGN_OR_RETURN(const v1::EstimatePoseRequest pose_request,
                           PoseRequestFor(flags, request.picture()));
  ATELIER_ASSIGN_OR_RETURN(v1::EstimatePoseResponse pose, client.EstimatePose(pose_request));
  MergeWarnings(pose.warnings(), warnings);
  *request.mutable_iuv_png() = std::move(*pose.mutable_iuv_png());
  *request.mutable_keypoints() = std::move(*pose.mutable_keypoints());
  if (pose.iuv_estimator() == kBodyFitEstimator) {
    *request.mutable_body() = std::move(*pose.mutable_fit()->mutable_body());
    *request.mutable_person_mask_png() = std::move(*pose.mutable_person_mask_png());
  }
  if (flags.estimator.empty() && pose.estimator() != pose.iuv_estimator()) {
    request.set_estimator(v1::ESTIMATOR_PHOTOGRAPH);
  }
  return request;
}

std::vector<Output> OutputsOf(const Flags& flags) {
  return {{"--texture", flags.texture, OutputKind::kExactPng},
          {"--face", flags.face},
          {"--aligned", flags.aligned},
          {"--mask", flags.mask, OutputKind::kExactPng}};
}

Status ExtractRegions(const Flags& flags) {
  const std::vector<Output> outputs = OutputsOf(flags);
  ATELIER_RETURN_IF_ERROR(CheckOutputs(outputs, flags.force, flags.json));
  ATELIER_RETURN_IF_ERROR(CheckInputs({{"picture", flags.picture}, {"--iuv", flags.iuv}}));
  client::Client client(flags.client());
  WarningMessages warnings;
  ATELIER_ASSIGN_OR_RETURN(const v1::ExtractRegionsRequest request,
                           RequestFor(client, flags, warnings));
  ATELIER_ASSIGN_OR_RETURN(v1::ExtractRegionsResponse regions, client.ExtractRegions(request));
  MergeWarnings(regions.warnings(), warnings);
  *regions.mutable_warnings() = warnings;
  ShowWarnings(regions.warnings(), flags.json);
  const auto write = [&](const Output& output, const std::string& png, const char* reason,
                         const std::string& what) {
    return WriteIfShown(output, png, flags.force, reason, flags.picture, what);
  };
  ATELIER_RETURN_IF_ERROR(write(outputs[0], regions.texture_png(), "NO_TEXTURE", "texture"));
  ATELIER_RETURN_IF_ERROR(write(outputs[1], regions.face_png(), "NO_FACE", "face"));
  ATELIER_RETURN_IF_ERROR(
      write(outputs[2], regions.aligned_face_png(), "NO_FACE", "eyes, nose and mouth"));
  ATELIER_RETURN_IF_ERROR(write(outputs[3], regions.person_mask_png(), "NO_MASK", "person"));
  if (flags.json) {
    regions.clear_texture_png();
    regions.clear_texture_validity_png();
    regions.clear_texture_squareness_png();
    regions.clear_face_png();
    regions.clear_aligned_face_png();
    regions.clear_person_mask_png();
    PrintJson(regions);
    return {};
  }
  std::FILE* const out = TakesStandardOutput(outputs) ? stderr : stdout;
  if (!regions.face_found()) {
    std::fputs("no face\n", out);
    return {};
  }
  const v1::Box& box = regions.face_box();
  std::fprintf(out, "face: left %.1f top %.1f right %.1f bottom %.1f\n", box.left(), box.top(),
               box.right(), box.bottom());
  std::fprintf(out, "found by %s, confidence %.2f\n", regions.face_estimator().c_str(),
               regions.face_confidence());
  for (const v1::Keypoint& point : regions.face_landmarks()) {
    std::fprintf(out, "  %-15s %7.1f %7.1f\n", point.name().c_str(), point.x(), point.y());
  }
  return {};
}

Status DescribePerson(const Flags& flags) {
  if (!IsFolder(flags.shown.out)) {
    const Output sheet{"--out", flags.shown.out};
    ATELIER_RETURN_IF_ERROR(CheckOutputs({sheet}, flags.force, flags.json));
  }
  ATELIER_ASSIGN_OR_RETURN(const v1::Picture picture, PictureFromInput(flags.picture));
  ATELIER_ASSIGN_OR_RETURN(const v1::EstimatePoseRequest request, PoseRequestFor(flags, picture));
  return ShowRegions(flags, request, flags.picture, flags.shown, flags.force);
}

/// Extracting and describing are two answers: one command gives one of them.
Status Regions(const Flags& flags) {
  const bool describes = !flags.shown.out.empty() || !flags.shown.masks.empty();
  if (!describes) return ExtractRegions(flags);
  for (const Output& output : OutputsOf(flags)) {
    if (output.path.empty()) continue;
    return client::BadArgument(output.flag, "left out with --out and --masks", output.path);
  }
  if (!flags.iuv.empty()) {
    return client::BadArgument("--iuv", "left out with --out and --masks", flags.iuv);
  }
  return DescribePerson(flags);
}

}  // namespace

void AddRegions(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand(
      "regions", "Take a person apart: what can be swapped, or texture map and face");
  AddCommonFlags(command, *flags);
  command.add_option("picture", flags->picture, "Picture of a person; - for standard input")
      ->required();
  AddOutputFlag(command, "-o,--out", flags->shown.out,
                "What can be swapped: a picture with every region named, or a folder/ for it and "
                "each region alone");
  AddOutputFlag(command, "--masks", flags->shown.masks, "Folder for the masks of the regions");
  AddPersonFlag(command, "--person", "the picture", flags->person);
  command.add_option("--iuv", flags->iuv, "Its IUV picture (PNG); default: read from the picture");
  command.add_option(
      "--iuv-chart", flags->iuv_chart,
      "Chart of --iuv: atelier or densepose; default: what the file says, or else the "
      "model's");
  AddIuvChannelsFlag(command, flags->iuv_channels, "--iuv");
  AddOutputFlag(command, "--texture", flags->texture,
                "PNG for the texture map; - for standard output, as for the next three");
  AddOutputFlag(command, "--face", flags->face, "File for the face");
  AddOutputFlag(command, "--aligned", flags->aligned, "File for the aligned face, 112x112");
  AddOutputFlag(command, "--mask", flags->mask, "PNG for the person's mask");
  AddForceFlag(command, flags->force);
  AddEstimatorFlag(command, flags->estimator);
  AddModelFlag(command, flags->model);
  AddStrictFlag(command, flags->strict);
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = Regions(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
