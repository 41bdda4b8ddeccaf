#include "paint/paint_command.h"

#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/painting/paint_inputs.h"
#include "imaging/picture_codec.h"
#include "paint/face_file.h"
#include "picture/given_iuv.h"
#include "system/input_file.h"

namespace atelier::paint {
namespace {

constexpr uintmax_t kMaxPictureFileBytes = 64 << 20;

using Decoder = Result<Image> (*)(std::string_view bytes, std::string_view field);

Result<std::string> ReadBytes(const std::filesystem::path& path, std::string_view field) {
  return ReadWhole(path, field, kMaxPictureFileBytes);
}

Result<Image> ReadPicture(const std::filesystem::path& path, std::string_view field,
                          Decoder decode) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(path, field));
  return decode(bytes, field);
}

Result<Image> ReadIuv(const PaintArguments& arguments, const engine::ModelInfo& info,
                      const WarningCallback& on_warning) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(arguments.iuv, "--iuv"));
  ATELIER_ASSIGN_OR_RETURN(
      const std::optional<Warning> warning,
      CheckIuvChart({bytes, arguments.iuv_chart, "--iuv", "--iuv-chart"}, info.iuv_chart));
  if (warning && on_warning) on_warning(*warning);
  const bool is_vui = arguments.iuv_channels == "vui";
  return imaging::DecodeIuv(bytes, "--iuv", is_vui ? IuvOrder::kVui : IuvOrder::kIuv);
}

Status CheckOutput(const std::filesystem::path& output) {
  const std::filesystem::path folder = output.has_parent_path() ? output.parent_path() : ".";
  std::error_code ignored;
  if (output.extension() != ".png") {
    return InvalidField("--output", "a file name that ends in .png", output.string());
  }
  if (!std::filesystem::is_directory(folder, ignored)) {
    return InvalidField("--output", "in a folder that is there", output.string());
  }
  return {};
}

/// A file for a condition that the model reads must be given, any other must not.
Status CheckGiven(const engine::ModelInfo& info, engine::Condition condition, const char* flag,
                  const std::filesystem::path& file) {
  const bool reads = info.Reads(condition);
  if (reads && file.empty())
    return InvalidField(flag, "given: " + info.name + " reads it", "nothing");
  if (!reads && !file.empty())
    return InvalidField(flag, "absent: " + info.name + " does not read it", file.string());
  return {};
}

Status CheckInputs(const PaintArguments& arguments, const engine::ModelInfo& info) {
  using engine::Condition;
  ATELIER_RETURN_IF_ERROR(
      CheckGiven(info, Condition::kSourcePicture, "--source", arguments.source));
  ATELIER_RETURN_IF_ERROR(CheckGiven(info, Condition::kTextureMap, "--texture", arguments.texture));
  ATELIER_RETURN_IF_ERROR(CheckGiven(info, Condition::kTargetIuv, "--iuv", arguments.iuv));
  ATELIER_RETURN_IF_ERROR(
      CheckGiven(info, Condition::kKeypointPicture, "--keypoints", arguments.keypoints));
  if (arguments.face.empty()) return {};
  return CheckGiven(info, Condition::kFaceEmbedding, "--face", arguments.face);
}

Result<engine::PaintRequest> ReadRequest(const PaintArguments& arguments,
                                         const engine::ModelInfo& info,
                                         const WarningCallback& on_warning) {
  ATELIER_RETURN_IF_ERROR(CheckInputs(arguments, info));
  engine::PaintRequest request;
  request.seed = arguments.seed;
  if (!arguments.source.empty()) {
    ATELIER_ASSIGN_OR_RETURN(request.source,
                             ReadPicture(arguments.source, "--source", &imaging::DecodePicture));
  }
  if (!arguments.texture.empty()) {
    ATELIER_ASSIGN_OR_RETURN(request.texture_map,
                             ReadPicture(arguments.texture, "--texture", &imaging::DecodePicture));
  }
  if (!arguments.validity.empty()) {
    ATELIER_ASSIGN_OR_RETURN(request.texture_validity,
                             ReadPicture(arguments.validity, "--validity", &imaging::DecodeGrey));
  }
  if (!arguments.iuv.empty()) {
    ATELIER_ASSIGN_OR_RETURN(request.iuv, ReadIuv(arguments, info, on_warning));
  }
  if (!arguments.keypoints.empty()) {
    ATELIER_ASSIGN_OR_RETURN(
        request.keypoint_picture,
        ReadPicture(arguments.keypoints, "--keypoints", &imaging::DecodePicture));
  }
  if (!arguments.face.empty()) {
    ATELIER_ASSIGN_OR_RETURN(request.face_embedding, ReadFaceFile(arguments.face));
  }
  return request;
}

/// There is one request here: "requests[0].iuv" is the user's "iuv".
Unexpected WithoutRequestIndex(Error error) {
  constexpr std::string_view kIndex = "requests[0].";
  for (std::string* text : {&error.message, &error.field}) {
    const size_t at = text->find(kIndex);
    if (at != std::string::npos) text->erase(at, kIndex.size());
  }
  return Unexpected(std::move(error));
}

}  // namespace

Status Paint(const PaintArguments& arguments, const engine::StepCallback& on_step,
             const WarningCallback& on_warning) {
  ATELIER_RETURN_IF_ERROR(CheckOutput(arguments.output));
  ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(arguments.model));
  if (auto options = engine::ResolvePaintOptions(arguments.paint, info); !options) {
    return Propagate(options.error());
  }
  ATELIER_ASSIGN_OR_RETURN(const engine::PaintRequest request,
                           ReadRequest(arguments, info, on_warning));
  const std::span<const engine::PaintRequest> requests(&request, 1);
  if (const Status status = engine::CheckPaintRequests(requests, info); !status) {
    return WithoutRequestIndex(status.error());
  }
  ATELIER_ASSIGN_OR_RETURN(const auto painter,
                           engine::Painter::Load(arguments.model, arguments.painter));
  auto pictures = painter->Paint(requests, arguments.paint, on_step);
  if (!pictures) return WithoutRequestIndex(pictures.error());
  ATELIER_ASSIGN_OR_RETURN(const std::string png, imaging::EncodePng(pictures->front()));
  return WriteWhole(arguments.output, "--output", png);
}

}  // namespace atelier::paint
