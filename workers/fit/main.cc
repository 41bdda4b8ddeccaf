// atelier-fit: fits the project's body to the person of a photograph, and writes their IUV.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>

#include "base/iuv_chart.h"
#include "base/version.h"
#include "detail/carried_picture.h"
#include "imaging/picture_codec.h"
#include "people/carry/carry.h"
#include "people/fit/body_fitter.h"
#include "people/fit/retarget.h"
#include "perception/fit/observation_of.h"
#include "perception/photograph/blaze_pose.h"
#include "system/input_file.h"
#include "system/openmp_environment.h"

namespace atelier::fit {
namespace {

constexpr uintmax_t kMaxPictureBytes = 64 << 20;
/// Height of the painting that a carried picture is thought to be laid over.
constexpr int kRulesHeight = 256;

struct Arguments {
  std::string picture;
  std::string body = ATELIER_PEOPLE_BODY;
  std::string networks = ATELIER_PHOTOGRAPH_NETWORKS;
  std::string output;
  std::string pose;
  std::string texture_surface;
  std::string carry;
  std::string facing;
  people::FitOptions options;
};

const char* NameOf(people::FitDoubt::Kind kind) {
  using Kind = people::FitDoubt::Kind;
  switch (kind) {
    case Kind::kOverlap:
      return "body and mask overlap little";
    case Kind::kLandmarks:
      return "the landmarks lie off the body";
    case Kind::kHeadTurned:
      return "head and torso look different ways";
    case Kind::kFaceNotFound:
      return "no face where one should be";
    case Kind::kFaceBehind:
      return "a face at the back of the head";
  }
  return "";
}

struct Seen {
  Image picture;
  Image mask;
  people::BodyFit fit;
};

Result<Seen> FitPicture(const std::string& path, photograph::BlazePose& blaze,
                        const people::BodyFitter& fitter, const people::FitOptions& options) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadWhole(path, "picture", kMaxPictureBytes));
  ATELIER_ASSIGN_OR_RETURN(const Image picture, imaging::DecodePicture(bytes, "picture"));
  ATELIER_ASSIGN_OR_RETURN(const perception::KeypointEstimate estimate, blaze.Estimate(picture));
  ATELIER_ASSIGN_OR_RETURN(const people::PersonObservation observation,
                           perception::ObservationOf(estimate));
  ATELIER_ASSIGN_OR_RETURN(people::BodyFit fit, fitter.Fit(observation, options));
  std::fprintf(stderr,
               "%s: %d x %d, mask IoU %.3f, landmarks off by %.4f, yaw %.0f, confidence %.2f\n",
               path.c_str(), picture.width, picture.height, fit.mask_iou, fit.reprojection_error,
               fit.yaw_degrees, fit.confidence);
  for (const people::FitDoubt& doubt : fit.doubts) {
    std::fprintf(stderr, "atelier-fit: warning: %s: %.3f, the limit is %.3f\n", NameOf(doubt.kind),
                 doubt.value, doubt.limit);
  }
  return Seen{picture, estimate.mask, std::move(fit)};
}

Status WriteIuv(const Image& iuv, const std::string& path) {
  ATELIER_ASSIGN_OR_RETURN(const std::string png, imaging::EncodeIuv(iuv, kAtelierChart));
  return WriteWhole(path, "output", png);
}

/// The photograph's own pixels where the body is in the other picture, on black.
Status WriteCarried(const people::BodyFitter& fitter, const Seen& source,
                    const people::FittedBody& target, int height, int width,
                    const std::string& path) {
  people::DressedBody dressed{
      source.fit.body, MeasureClothes(fitter.body(), fitter.Pose(source.fit.body), source.mask)};
  const people::CarrySource from(fitter, std::move(dressed), source.mask, {.least_cosine = .12});
  const people::CarryMap map =
      MapToSource(fitter, from, {target, from.dressed().clothes}, height, width);
  const int scale = std::max(1, height / kRulesHeight);
  const detail::CarriedPicture carried =
      detail::CarryPicture(source.picture, source.picture.width, map, scale);
  std::fprintf(stderr, "%.0f %% of the person carried\n", 100 * carried.SeenShare());
  Image shown = carried.colours;
  for (size_t i = 0; i < shown.data.size(); ++i) {
    shown.data[i] = static_cast<uint8_t>(shown.data[i] * carried.weight.data[i / 3] / 255);
  }
  ATELIER_ASSIGN_OR_RETURN(const std::string png, imaging::EncodePng(shown));
  return WriteWhole(path, "carry", png);
}

Status Run(Arguments arguments) {
  if (!arguments.facing.empty()) {
    arguments.options.facing =
        arguments.facing == "back" ? people::Facing::kBack : people::Facing::kFront;
  }
  ATELIER_ASSIGN_OR_RETURN(auto body, people::Body::Load(arguments.body));
  ATELIER_ASSIGN_OR_RETURN(auto blaze, photograph::BlazePose::Load(arguments.networks));
  const people::BodyFitter fitter(std::move(body));
  ATELIER_ASSIGN_OR_RETURN(const Seen source,
                           FitPicture(arguments.picture, *blaze, fitter, arguments.options));
  Image iuv = source.fit.iuv;
  people::FittedBody placed = source.fit.body;
  if (!arguments.pose.empty()) {
    ATELIER_ASSIGN_OR_RETURN(const Seen target, FitPicture(arguments.pose, *blaze, fitter, {}));
    placed = InPoseOf(fitter, source.fit.body, target.fit.body);
    iuv = fitter.Iuv(placed, target.mask.height, target.mask.width);
  }
  if (!arguments.carry.empty()) {
    ATELIER_RETURN_IF_ERROR(
        WriteCarried(fitter, source, placed, iuv.height, iuv.width, arguments.carry));
  }
  ATELIER_RETURN_IF_ERROR(WriteIuv(iuv, arguments.output));
  if (arguments.texture_surface.empty()) return {};
  const people::TextureSurface surface =
      SurfaceForTexture(fitter, {source.fit.body, {}}, source.mask);
  return WriteIuv(surface.iuv, arguments.texture_surface);
}

int Fail(const std::string& message, int status) {
  std::fprintf(stderr, "atelier-fit: %s\n", message.c_str());
  return status;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Fits the project's body to the person of a photograph and writes their IUV.",
               "atelier-fit");
  app.set_version_flag("--version", std::string("atelier-fit ") + kVersion,
                       "Print the version and end");
  app.add_option("picture", arguments.picture, "Photograph: PNG, JPEG, WebP or HEIC")->required();
  app.add_option("-o,--output", arguments.output, "PNG of the IUV to write")->required();
  app.add_option("--pose", arguments.pose,
                 "Another photograph: the IUV is of the first person in this one's pose");
  app.add_option("--texture-surface", arguments.texture_surface,
                 "PNG to write of the IUV's pixels that may give the texture their colour");
  app.add_option("--carry", arguments.carry,
                 "PNG to write of the photograph's own pixels in the pose, on black");
  app.add_option("--facing", arguments.facing, "What the person shows, where you know it")
      ->check(CLI::IsMember({"front", "back"}));
  app.add_option("--clothes", arguments.options.clothes, "Metres that clothes stand off the body")
      ->check(CLI::Range(0.0, 0.2))
      ->capture_default_str();
  app.add_option("--body", arguments.body, "Body file")->capture_default_str();
  app.add_option("--photograph-networks", arguments.networks,
                 "Folder of the networks for photographs")
      ->capture_default_str();
  // Seam: CLI11 throws; one sentence is enough for what was mistyped.
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for) {
    return app.exit(asked_for);
  } catch (const CLI::ParseError& error) {
    return Fail(error.what(), 2);
  }
  const Status status = Run(std::move(arguments));
  return status ? 0 : Fail(status.error().message + " (" + status.error().reason + ")", 1);
}

}  // namespace
}  // namespace atelier::fit

int main(int argc, char** argv) {
  atelier::SettleOpenMp(argv);
  return atelier::fit::Main(argc, argv);
}
