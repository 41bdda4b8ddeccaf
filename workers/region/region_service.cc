#include "region/region_service.h"

#include <algorithm>
#include <cmath>

#include "engine/texture/texture_map.h"
#include "imaging/picture_codec.h"
#include "perception/person_mask.h"
#include "perception/person_measures.h"
#include "perception/selection/estimator_settings.h"
#include "picture/given_iuv.h"
#include "region/compose_texture.h"
#include "region/describe_regions.h"
#include "rpc/known_fields.h"
#include "rpc/status.h"
#include "runtime/fitted_body_message.h"
#include "runtime/picture_argument.h"
#include "warnings/strict.h"

namespace atelier::region {
namespace {

std::string SizeText(const Image& image) {
  return std::to_string(image.width) + " x " + std::to_string(image.height);
}

/// The IUV of a request, or an empty picture. Adds a warning when nothing says which chart it is
/// in.
Result<Image> IuvOf(const v1::ExtractRegionsRequest& request, const Image& picture,
                    const std::string& chart, v1::ExtractRegionsResponse& response) {
  ATELIER_RETURN_IF_ERROR(CheckChartName(request.iuv_chart(), "iuv_chart"));
  if (request.iuv_png().empty()) return Image();
  ATELIER_ASSIGN_OR_RETURN(
      const std::optional<Warning> warning,
      CheckIuvChart({request.iuv_png(), request.iuv_chart(), "iuv_png", "iuv_chart"}, chart));
  if (warning) *response.add_warnings() = WarningToMessage(*warning);
  ATELIER_ASSIGN_OR_RETURN(Image iuv, imaging::DecodeIuv(request.iuv_png(), "iuv_png",
                                                         runtime::OrderOf(request.iuv_channels())));
  if (iuv.height == picture.height && iuv.width == picture.width) return iuv;
  return InvalidField("iuv_png", "of the picture's size, " + SizeText(picture), SizeText(iuv));
}

/// The keypoints of a request, by their names.
Result<std::optional<Keypoints>> KeypointsOf(const v1::ExtractRegionsRequest& request) {
  if (request.keypoints().empty()) return std::nullopt;
  if (request.keypoints_size() > kKeypointCount) {
    return InvalidField("keypoints", "18 at most", std::to_string(request.keypoints_size()));
  }
  Keypoints keypoints;
  for (const v1::Keypoint& given : request.keypoints()) {
    const auto name = std::find(kKeypointNames.begin(), kKeypointNames.end(), given.name());
    if (name == kKeypointNames.end()) {
      return InvalidField("keypoints", "OpenPose's keypoints, each by its name", given.name());
    }
    if (!std::isfinite(given.x()) || !std::isfinite(given.y())) {
      return InvalidField("keypoints", "at finite places", given.name());
    }
    keypoints[name - kKeypointNames.begin()] = {given.x(), given.y(), given.confidence()};
  }
  return keypoints;
}

struct Parts {
  bool texture_map = false;
  bool face = false;
};

/// What a request asks for; everything when it does not say.
Result<Parts> PartsOf(const v1::ExtractRegionsRequest& request) {
  if (request.parts().empty()) return Parts{.texture_map = true, .face = true};
  Parts parts;
  for (const int part : request.parts()) {
    if (part == v1::REGION_PART_TEXTURE_MAP) {
      parts.texture_map = true;
    } else if (part == v1::REGION_PART_FACE) {
      parts.face = true;
    } else {
      return InvalidField("parts", "REGION_PART_TEXTURE_MAP or REGION_PART_FACE",
                          std::to_string(part));
    }
  }
  return parts;
}

Status AddMask(const Image& mask, v1::ExtractRegionsResponse& response) {
  if (mask.empty()) return {};
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_person_mask_png(), imaging::EncodePng(mask));
  return {};
}

Status AddFace(const perception::ReadFace& face, v1::ExtractRegionsResponse& response) {
  response.set_face_found(true);
  v1::Box& box = *response.mutable_face_box();
  box.set_left(face.box.left);
  box.set_top(face.box.top);
  box.set_right(face.box.right);
  box.set_bottom(face.box.bottom);
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_face_png(), imaging::EncodePng(face.crop));
  response.mutable_face_embedding()->Assign(face.embedding.begin(), face.embedding.end());
  response.set_face_embedder(face.embedder);
  response.set_face_confidence(face.confidence);
  response.set_face_estimator(face.estimator);
  for (const perception::FacePoint& point : face.points) {
    v1::Keypoint& landmark = *response.add_face_landmarks();
    landmark.set_name(std::string(point.name));
    landmark.set_x(point.x);
    landmark.set_y(point.y);
    landmark.set_confidence(face.confidence);
  }
  if (face.aligned.empty()) return {};
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_aligned_face_png(), imaging::EncodePng(face.aligned));
  return {};
}

/// How squarely each texel was seen. The values take the way that colours take.
Image SquarenessOf(const RegionModel& model, const people::TextureSurface& surface) {
  Image as_picture(surface.squareness.height, surface.squareness.width, 3);
  for (size_t i = 0; i < surface.squareness.data.size(); ++i) {
    std::fill_n(&as_picture.data[3 * i], 3, surface.squareness.data[i]);
  }
  const engine::TextureMap texture = model.texture.Make(as_picture, surface.iuv);
  Image out(texture.colours.height, texture.colours.width, 1);
  for (size_t i = 0; i < out.data.size(); ++i) {
    const bool seen = texture.validity.data[i] == engine::kTexelSeen;
    out.data[i] = seen ? texture.colours.data[3 * i] : uint8_t{0};
  }
  return out;
}

/// `surface`: where it is known which pixels may give their colour.
Status AddTexture(const RegionModel& model, const Image& picture, const Image& iuv,
                  const std::optional<people::TextureSurface>& surface,
                  v1::ExtractRegionsResponse& response) {
  const engine::TextureMap texture = model.texture.Make(picture, surface ? surface->iuv : iuv);
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_texture_png(), imaging::EncodePng(texture.colours));
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_texture_validity_png(),
                           imaging::EncodePng(texture.validity));
  response.set_texture_layout(model.texture_layout);
  if (!surface || model.texture_layout != "atlas") return {};
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_texture_squareness_png(),
                           imaging::EncodePng(SquarenessOf(model, *surface)));
  return {};
}

}  // namespace

RegionReader::RegionReader(NamedModels<RegionModel> models, RegionNetworks photographs,
                           v1::Estimator preset, std::shared_ptr<const people::BodyFitter> fitter,
                           std::shared_ptr<const edit::Parser> parser)
    : preset_(preset),
      fitter_(std::move(fitter)),
      parser_(std::move(parser)),
      models_(std::move(models)),
      photographs_(std::move(photographs)) {}

Result<v1::ExtractRegionsResponse> RegionReader::Read(const v1::ExtractRegionsRequest& request,
                                                      const runtime::Wanted& wanted) {
  ATELIER_ASSIGN_OR_RETURN(const v1::Estimator estimator,
                           perception::ChosenEstimator(request.estimator(), preset_));
  ATELIER_ASSIGN_OR_RETURN(const auto model, models_.Find(request.model()));
  v1::ExtractRegionsResponse response;
  response.set_model(model.name);
  ATELIER_RETURN_IF_ERROR(AddRegions(request, estimator, model.item, wanted, response));
  return response;
}

Result<v1::DescribeRegionsResponse> RegionReader::Describe(
    const v1::DescribeRegionsRequest& request) const {
  if (fitter_ && parser_) return DescribeRegions(request, *fitter_, *parser_);
  return MakeError(Code::kFailedPrecondition, "NO_BODY",
                   "this service was started without a body file (body_file)");
}

Result<v1::ComposeTextureResponse> RegionReader::Compose(const v1::ComposeTextureRequest& request) {
  ATELIER_ASSIGN_OR_RETURN(const auto model, models_.Find(request.model()));
  return ComposeTexture(request, model.item.texture, model.item.texture_layout);
}

Status RegionReader::AddRegions(const v1::ExtractRegionsRequest& request, v1::Estimator estimator,
                                RegionModel& model, const runtime::Wanted& wanted,
                                v1::ExtractRegionsResponse& response) {
  ATELIER_RETURN_IF_ERROR(runtime::CheckWanted(wanted));
  ATELIER_ASSIGN_OR_RETURN(const Image picture,
                           runtime::DecodeArgument(request.picture(), "picture"));
  ATELIER_ASSIGN_OR_RETURN(const Image iuv, IuvOf(request, picture, model.iuv_chart, response));
  ATELIER_ASSIGN_OR_RETURN(const std::optional<Keypoints> keypoints, KeypointsOf(request));
  ATELIER_ASSIGN_OR_RETURN(const Parts parts, PartsOf(request));
  if (estimator == v1::ESTIMATOR_AUTO) {
    estimator = iuv.empty() ? v1::ESTIMATOR_PHOTOGRAPH : v1::ESTIMATOR_RENDERED;
  }
  if (estimator == v1::ESTIMATOR_RENDERED && iuv.empty()) {
    return InvalidField("iuv_png", "given for ESTIMATOR_RENDERED", "nothing");
  }
  if (parts.texture_map && !iuv.empty()) {
    ATELIER_ASSIGN_OR_RETURN(const auto surface, SurfaceOf(request, picture));
    ATELIER_RETURN_IF_ERROR(AddTexture(model, picture, iuv, surface, response));
  }
  if (!parts.face) return AddMask(iuv.empty() ? Image() : perception::MaskOf(iuv), response);
  perception::FaceReader faces(model.embedder, photographs_.faces);
  const Subject subject{picture, iuv, keypoints};
  return estimator == v1::ESTIMATOR_RENDERED ? AddFromIuv(faces, subject, wanted, response)
                                             : AddFromPhotograph(faces, subject, wanted, response);
}

Result<std::optional<people::TextureSurface>> RegionReader::SurfaceOf(
    const v1::ExtractRegionsRequest& request, const Image& picture) const {
  if (!request.has_body() || request.person_mask_png().empty() || !fitter_) return std::nullopt;
  ATELIER_ASSIGN_OR_RETURN(const people::FittedBody body,
                           runtime::FittedBodyFromMessage(request.body(), "body"));
  ATELIER_ASSIGN_OR_RETURN(const Image mask,
                           imaging::DecodeGrey(request.person_mask_png(), "person_mask_png"));
  if (mask.height != picture.height || mask.width != picture.width) {
    return InvalidField("person_mask_png", "of the picture's size, " + SizeText(picture),
                        SizeText(mask));
  }
  people::TextureSurface surface = SurfaceForTexture(*fitter_, {body, {}}, mask);
  // Of somebody very small no pixel may be left; then all of them are better than none.
  const bool is_empty = std::ranges::all_of(surface.iuv.data, [](uint8_t v) { return v == 0; });
  if (is_empty) return std::nullopt;
  return surface;
}

Status RegionReader::AddFromIuv(perception::FaceReader& faces, const Subject& subject,
                                const runtime::Wanted& wanted,
                                v1::ExtractRegionsResponse& response) {
  const auto face = [&]() -> Result<std::optional<perception::ReadFace>> {
    ATELIER_ASSIGN_OR_RETURN(const runtime::Turn turn, runtime::TakeTurn(turns_, wanted));
    auto read = faces.ReadFromIuv(subject.picture, subject.iuv);
    if (!read) return Propagate(read.error(), "face");
    return read;
  }();
  if (!face) return Propagate(face.error());
  if (*face) ATELIER_RETURN_IF_ERROR(AddFace(**face, response));
  return AddMask(perception::MaskOf(subject.iuv), response);
}

Status RegionReader::AddFromPhotograph(perception::FaceReader& faces, const Subject& subject,
                                       const runtime::Wanted& wanted,
                                       v1::ExtractRegionsResponse& response) {
  const Image& picture = subject.picture;
  const Image& iuv = subject.iuv;
  Image mask;
  std::vector<Warning> warnings;
  std::optional<Keypoints> head = subject.keypoints;
  const auto face = [&]() -> Result<std::optional<perception::ReadFace>> {
    ATELIER_ASSIGN_OR_RETURN(const runtime::Turn turn, runtime::TakeTurn(turns_, wanted));
    if (!faces.can_find() || !photographs_.bodies) return perception::NoPhotographNetworks();
    auto body = photographs_.bodies->Estimate(picture);
    if (!body && body.error().reason != perception::kNoPersonReason) return Propagate(body.error());
    // A caller who gives an IUV had these warnings from the pose service already.
    if (body && iuv.empty()) {
      warnings = perception::WarningsOf(
          perception::MeasurePerson(*body, picture.height, picture.width), "picture");
    }
    if (body) mask = std::move(body->mask);
    if (body && !head) head = body->keypoints;
    return faces.ReadByDetector(picture, head ? &*head : nullptr);
  }();
  if (!face) return Propagate(face.error());
  MergeWarnings(WarningsToMessages(warnings), *response.mutable_warnings());
  if (*face) ATELIER_RETURN_IF_ERROR(AddFace(**face, response));
  if (mask.empty() && !iuv.empty()) mask = perception::MaskOf(iuv);
  return AddMask(mask, response);
}

void RegionServiceImpl::Serve(RegionReader& reader, std::string networks) {
  networks_ = std::move(networks);
  reader_.Set(reader);
}

grpc::Status RegionServiceImpl::ExtractRegions(grpc::ServerContext* context,
                                               const v1::ExtractRegionsRequest* request,
                                               v1::ExtractRegionsResponse* response) {
  const auto reader = reader_.Get();
  if (!reader) return rpc::ToGrpc(reader.error());
  const runtime::Wanted wanted = runtime::WantedBy(*context);
  const auto memory = runtime::TakeMemory(memory_, *request, wanted);
  if (!memory) return rpc::ToGrpc(memory.error());
  auto answer = UnderStrict(*request, [&] { return (*reader)->Read(*request, wanted); });
  if (!answer) return rpc::ToGrpc(answer.error());
  *response = std::move(*answer);
  response->set_networks(networks_);
  return grpc::Status::OK;
}

grpc::Status RegionServiceImpl::DescribeRegions(grpc::ServerContext* context,
                                                const v1::DescribeRegionsRequest* request,
                                                v1::DescribeRegionsResponse* response) {
  if (const Status known = rpc::CheckKnownFields(*request); !known) return rpc::ToGrpc(known);
  const auto reader = reader_.Get();
  if (!reader) return rpc::ToGrpc(reader.error());
  const auto memory = runtime::TakeMemory(memory_, *request, runtime::WantedBy(*context));
  if (!memory) return rpc::ToGrpc(memory.error());
  auto answer = (*reader)->Describe(*request);
  if (!answer) return rpc::ToGrpc(answer.error());
  *response = std::move(*answer);
  return grpc::Status::OK;
}

grpc::Status RegionServiceImpl::ComposeTexture(grpc::ServerContext* context,
                                               const v1::ComposeTextureRequest* request,
                                               v1::ComposeTextureResponse* response) {
  if (const Status known = rpc::CheckKnownFields(*request); !known) return rpc::ToGrpc(known);
  const auto reader = reader_.Get();
  if (!reader) return rpc::ToGrpc(reader.error());
  const auto memory = runtime::TakeMemory(memory_, *request, runtime::WantedBy(*context));
  if (!memory) return rpc::ToGrpc(memory.error());
  auto answer = (*reader)->Compose(*request);
  if (!answer) return rpc::ToGrpc(answer.error());
  *response = std::move(*answer);
  return grpc::Status::OK;
}

}  // namespace atelier::region
