#include "paint/paint_command.h"

#include <span>
#include <string_view>
#include <utility>

#include "engine/pipelines/paint_inputs.h"
#include "paint/face_file.h"
#include "runtime/picture_codec.h"
#include "runtime/whole_file.h"

namespace atelier::paint {
namespace {

constexpr uintmax_t kMaxPictureFileBytes = 64 << 20;

using Decoder = Result<Image> (*)(std::string_view bytes, std::string_view field);

Result<Image> ReadPicture(const std::filesystem::path& path, std::string_view field,
                          Decoder decode) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes,
                           runtime::ReadWhole(path, field, kMaxPictureFileBytes));
  return decode(bytes, field);
}

/// cv2 writes the published IUV pictures channels reversed.
Result<Image> ReadIuv(const PaintArguments& arguments) {
  if (arguments.iuv_channels != "vui") {
    return ReadPicture(arguments.iuv, "--iuv", &runtime::DecodeIuv);
  }
  ATELIER_ASSIGN_OR_RETURN(Image iuv, ReadPicture(arguments.iuv, "--iuv", &runtime::DecodePicture));
  for (size_t i = 0; i + 2 < iuv.data.size(); i += 3) std::swap(iuv.data[i], iuv.data[i + 2]);
  return iuv;
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

Result<engine::PaintRequest> ReadRequest(const PaintArguments& arguments) {
  engine::PaintRequest request;
  request.seed = arguments.seed;
  ATELIER_ASSIGN_OR_RETURN(request.source,
                           ReadPicture(arguments.source, "--source", &runtime::DecodePicture));
  ATELIER_ASSIGN_OR_RETURN(request.texture_map,
                           ReadPicture(arguments.texture, "--texture", &runtime::DecodePicture));
  if (!arguments.validity.empty()) {
    ATELIER_ASSIGN_OR_RETURN(request.texture_validity,
                             ReadPicture(arguments.validity, "--validity", &runtime::DecodeGrey));
  }
  ATELIER_ASSIGN_OR_RETURN(request.iuv, ReadIuv(arguments));
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

Status Paint(const PaintArguments& arguments, const engine::StepCallback& on_step) {
  ATELIER_RETURN_IF_ERROR(CheckOutput(arguments.output));
  ATELIER_ASSIGN_OR_RETURN(const engine::ModelInfo info, engine::ReadModelInfo(arguments.model));
  if (auto options = engine::ResolvePaintOptions(arguments.paint, info); !options) {
    return Propagate(options.error());
  }
  ATELIER_ASSIGN_OR_RETURN(const engine::PaintRequest request, ReadRequest(arguments));
  const std::span<const engine::PaintRequest> requests(&request, 1);
  if (const Status status = engine::CheckPaintRequests(requests, info); !status) {
    return WithoutRequestIndex(status.error());
  }
  ATELIER_ASSIGN_OR_RETURN(const auto painter,
                           engine::Painter::Load(arguments.model, arguments.painter));
  auto pictures = painter->Paint(requests, arguments.paint, on_step);
  if (!pictures) return WithoutRequestIndex(pictures.error());
  ATELIER_ASSIGN_OR_RETURN(const std::string png, runtime::EncodePng(pictures->front()));
  return runtime::WriteWhole(arguments.output, "--output", png);
}

}  // namespace atelier::paint
