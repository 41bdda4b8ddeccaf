#include "region/region_service.h"

#include "engine/texture/texture_map.h"
#include "rpc/status.h"
#include "runtime/picture_argument.h"
#include "runtime/picture_codec.h"

namespace atelier::region {
namespace {

/// Pixels of the face crop. The size the face networks of our models were trained on: any other
/// would be resampled a second time before the embedding.
constexpr int kFaceSize = 64;

std::string SizeText(const Image& image) {
  return std::to_string(image.width) + " x " + std::to_string(image.height);
}

/// Whether the head in `box` shows its face. DensePose's head parts are left and right, not front
/// and back, so that a head that is seen counts; a face detector would answer here.
bool FaceSeen(const Box& box) { return !box.empty(); }

}  // namespace

RegionReader::RegionReader(std::unique_ptr<engine::FaceEmbedder> embedder, TextureMaker texture)
    : texture_(std::move(texture)), embedder_(std::move(embedder)) {}

Result<v1::ExtractRegionsResponse> RegionReader::Read(const v1::ExtractRegionsRequest& request) {
  ATELIER_ASSIGN_OR_RETURN(const Image picture,
                           runtime::DecodeArgument(request.picture(), "picture"));
  ATELIER_ASSIGN_OR_RETURN(const Image iuv, runtime::DecodeIuv(request.iuv_png(), "iuv_png"));
  if (iuv.height != picture.height || iuv.width != picture.width) {
    return InvalidField("iuv_png", "of the picture's size, " + SizeText(picture), SizeText(iuv));
  }
  const engine::TextureMap texture = texture_.Make(picture, iuv);
  v1::ExtractRegionsResponse response;
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_texture_png(), runtime::EncodePng(texture.colours));
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_texture_validity_png(),
                           runtime::EncodePng(texture.validity));
  ATELIER_RETURN_IF_ERROR(AddFace(picture, iuv, response));
  return response;
}

Status RegionReader::AddFace(const Image& picture, const Image& iuv,
                             v1::ExtractRegionsResponse& response) {
  const Box box = engine::FaceBoxFromIuv(iuv);
  if (!FaceSeen(box)) return {};
  const Image crop = engine::CropSquare(picture, box, kFaceSize);
  Result<std::vector<float>> embedding = [&] {
    std::lock_guard lock(mutex_);
    return embedder_->Embed(crop);
  }();
  if (!embedding) return Propagate(embedding.error(), "face");
  response.set_face_found(true);
  v1::Box& face_box = *response.mutable_face_box();
  face_box.set_left(box.left);
  face_box.set_top(box.top);
  face_box.set_right(box.right);
  face_box.set_bottom(box.bottom);
  ATELIER_ASSIGN_OR_RETURN(*response.mutable_face_png(), runtime::EncodePng(crop));
  response.mutable_face_embedding()->Assign(embedding->begin(), embedding->end());
  return {};
}

grpc::Status RegionServiceImpl::ExtractRegions(grpc::ServerContext* /*context*/,
                                               const v1::ExtractRegionsRequest* request,
                                               v1::ExtractRegionsResponse* response) {
  auto answer = reader_.Read(*request);
  if (!answer) return rpc::ToGrpc(answer.error());
  *response = std::move(*answer);
  return grpc::Status::OK;
}

}  // namespace atelier::region
