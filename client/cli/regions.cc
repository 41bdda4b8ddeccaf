#include <cstdio>

#include "client/cli/command.h"
#include "client/local_file.h"

namespace atelier::cli {

namespace {

struct Flags : CommonFlags {
  std::string picture;
  std::string iuv;
  std::string texture;
  std::string face;
};

/// The given IUV file, or what the pose service reads from the picture.
Result<std::string> IuvOf(client::Client& client, const Flags& flags, const v1::Picture& picture) {
  if (!flags.iuv.empty()) return client::ReadFile(flags.iuv);
  ATELIER_ASSIGN_OR_RETURN(const v1::EstimatePoseResponse pose, client.EstimatePose(picture));
  return pose.iuv_png();
}

Status ExtractRegions(const Flags& flags) {
  ATELIER_ASSIGN_OR_RETURN(const v1::Picture picture, client::PictureFromFile(flags.picture));
  client::Client client(flags.client());
  ATELIER_ASSIGN_OR_RETURN(const std::string iuv, IuvOf(client, flags, picture));
  ATELIER_ASSIGN_OR_RETURN(v1::ExtractRegionsResponse regions, client.ExtractRegions(picture, iuv));
  if (!flags.texture.empty()) {
    ATELIER_RETURN_IF_ERROR(client::WriteFileAtomically(flags.texture, regions.texture_png()));
  }
  if (!flags.face.empty() && !regions.face_found()) {
    return MakeError(Code::kFailedPrecondition, "NO_FACE",
                     flags.picture + " shows no face to write to " + flags.face);
  }
  if (!flags.face.empty()) {
    ATELIER_RETURN_IF_ERROR(client::WriteFileAtomically(flags.face, regions.face_png()));
  }
  if (flags.json) {
    regions.clear_texture_png();
    regions.clear_texture_validity_png();
    regions.clear_face_png();
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
  return {};
}

}  // namespace

void AddRegions(CLI::App& app, Context& context) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *app.add_subcommand("regions", "Take a person apart: texture map and face");
  AddCommonFlags(command, *flags);
  command.add_option("picture", flags->picture, "Picture of a person")->required();
  command.add_option("--iuv", flags->iuv, "Its IUV picture (PNG); default: read from the picture");
  command.add_option("--texture", flags->texture, "PNG for the texture map");
  command.add_option("--face", flags->face, "PNG for the face");
  OnCommand(command, context, flags, [](const Flags& given) {
    const Status status = ExtractRegions(given);
    return status ? ExitCode::kOk : Complain(status.error(), given.json);
  });
}

}  // namespace atelier::cli
