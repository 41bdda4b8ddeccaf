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
  std::string iuv;
  std::string texture;
  std::string face;
  std::string aligned;
  std::string mask;
  std::string estimator;
  std::string model;
  std::string iuv_chart;
  std::vector<std::string> strict;
};

/// With the given IUV file, or with what the pose service reads from the picture. When its
/// keypoints and its IUV are of different estimators, the picture is a photograph to it, and is one
/// here too.
Result<v1::ExtractRegionsRequest> RequestFor(client::Client& client, const Flags& flags) {
  v1::ExtractRegionsRequest request;
  ATELIER_ASSIGN_OR_RETURN(*request.mutable_picture(), client::PictureFromFile(flags.picture));
  request.set_estimator(EstimatorOf(flags.estimator));
  request.set_model(ModelOf(flags.model));
  request.set_iuv_chart(flags.iuv_chart);
  *request.mutable_strict() = StrictOf(flags.strict);
  if (!flags.iuv.empty()) {
    ATELIER_ASSIGN_OR_RETURN(*request.mutable_iuv_png(), client::ReadFile(flags.iuv));
    return request;
  }
  v1::EstimatePoseRequest pose_request;
  *pose_request.mutable_picture() = request.picture();
  pose_request.set_estimator(request.estimator());
  pose_request.set_model(request.model());
  *pose_request.mutable_strict() = request.strict();
  ATELIER_ASSIGN_OR_RETURN(v1::EstimatePoseResponse pose, client.EstimatePose(pose_request));
  ShowWarnings(pose.warnings(), flags.json);
  *request.mutable_iuv_png() = std::move(*pose.mutable_iuv_png());
  *request.mutable_keypoints() = std::move(*pose.mutable_keypoints());
  if (flags.estimator.empty() && pose.estimator() != pose.iuv_estimator()) {
    request.set_estimator(v1::ESTIMATOR_PHOTOGRAPH);
  }
  return request;
}

Status ExtractRegions(const Flags& flags) {
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const v1::ExtractRegionsRequest request, RequestFor(client, flags));
  ATELIER_ASSIGN_OR_RETURN(v1::ExtractRegionsResponse regions, client.ExtractRegions(request));
  ShowWarnings(regions.warnings(), flags.json);
  const auto write = [&](const std::string& path, const std::string& png, const char* reason,
                         const std::string& what) {
    return WriteGiven(path, png, reason, flags.picture, what);
  };
  ATELIER_RETURN_IF_ERROR(write(flags.texture, regions.texture_png(), "NO_TEXTURE", "texture"));
  ATELIER_RETURN_IF_ERROR(write(flags.face, regions.face_png(), "NO_FACE", "face"));
  ATELIER_RETURN_IF_ERROR(
      write(flags.aligned, regions.aligned_face_png(), "NO_FACE", "eyes, nose and mouth"));
  ATELIER_RETURN_IF_ERROR(write(flags.mask, regions.person_mask_png(), "NO_MASK", "person"));
  if (flags.json) {
    regions.clear_texture_png();
    regions.clear_texture_validity_png();
    regions.clear_face_png();
    regions.clear_aligned_face_png();
    regions.clear_person_mask_png();
    PrintJson(regions);
    return {};
  }
  if (!regions.face_found()) {
    std::puts("no face");
    return {};
  }
  const v1::Box& box = regions.face_box();
  std::printf("face: left %.1f top %.1f right %.1f bottom %.1f\n", box.left(), box.top(),
              box.right(), box.bottom());
  std::printf("found by %s, confidence %.2f\n", regions.face_estimator().c_str(),
              regions.face_confidence());
  for (const v1::Keypoint& point : regions.face_landmarks()) {
    std::printf("  %-15s %7.1f %7.1f\n", point.name().c_str(), point.x(), point.y());
  }
  return {};
}

}  // namespace

void AddRegions(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand("regions", "Take a person apart: texture map and face");
  AddCommonFlags(command, *flags);
  command.add_option("picture", flags->picture, "Picture of a person")->required();
  command.add_option("--iuv", flags->iuv, "Its IUV picture (PNG); default: read from the picture");
  command.add_option(
      "--iuv-chart", flags->iuv_chart,
      "Chart of --iuv: atelier or densepose; default: what the file says, or else the "
      "model's");
  command.add_option("--texture", flags->texture, "PNG for the texture map");
  command.add_option("--face", flags->face, "PNG for the face");
  command.add_option("--aligned", flags->aligned, "PNG for the aligned face, 112x112");
  command.add_option("--mask", flags->mask, "PNG for the person's mask");
  AddEstimatorFlag(command, flags->estimator);
  AddModelFlag(command, flags->model);
  AddStrictFlag(command, flags->strict);
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = ExtractRegions(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
