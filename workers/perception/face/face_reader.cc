#include "perception/face/face_reader.h"

#include <utility>

#include "perception/face/face_alignment.h"
#include "perception/person_frame.h"
#include "perception/photograph/dnn_network.h"

namespace atelier::perception {
namespace {

/// Pixels of the face crop. The size the face networks of our models were trained on: any other
/// would be resampled a second time before the embedding.
constexpr int kFaceSize = 64;

/// Whether the head in `box` shows its face. DensePose's head parts are left and right, not front
/// and back, so that a head that is seen counts.
bool FaceSeen(const Box& box) { return !box.empty(); }

/// Box and points of a face that was read in `frame`, in the picture's pixels.
void PutBack(const perception::PersonFrame& frame, ReadFace& face) {
  const auto back = [&](float& x, float& y) {
    Keypoints one;
    one[0] = {x, y, 1};
    const Keypoint place = perception::PutBack(one, frame)[0];
    x = place.x;
    y = place.y;
  };
  for (FacePoint& point : face.points) back(point.x, point.y);
  back(face.box.left, face.box.top);
  back(face.box.right, face.box.bottom);
  if (face.box.left > face.box.right) std::swap(face.box.left, face.box.right);
  if (face.box.top > face.box.bottom) std::swap(face.box.top, face.box.bottom);
}

}  // namespace

Result<std::optional<ReadFace>> FaceReader::ReadFromIuv(const Image& picture, const Image& iuv) {
  const perception::PersonFrame frame =
      perception::FrameAround({}, perception::TiltOfParts(iuv), picture);
  if (frame.quarter_turns == 0) return ReadUpright(picture, iuv);
  ATELIER_ASSIGN_OR_RETURN(auto face, ReadUpright(perception::CutFrame(picture, frame),
                                                  perception::CutFrame(iuv, frame)));
  if (face) PutBack(frame, *face);
  return face;
}

Result<std::optional<ReadFace>> FaceReader::ReadUpright(const Image& picture, const Image& iuv) {
  ReadFace face;
  face.box = engine::FaceBoxFromIuv(iuv);
  face.estimator = "iuv";
  if (!FaceSeen(face.box)) return std::nullopt;
  if (embedder_.wants_aligned && finder_) {
    ATELIER_ASSIGN_OR_RETURN(const auto found, finder_->FindIn(picture, face.box));
    if (found) {
      face.points = found->points;
      face.confidence = found->confidence;
    }
  }
  ATELIER_RETURN_IF_ERROR(Embed(picture, face));
  return face;
}

Result<std::optional<ReadFace>> FaceReader::ReadByDetector(const Image& picture,
                                                           const Keypoints* keypoints) {
  ATELIER_ASSIGN_OR_RETURN(const auto found, finder_->Find(picture, keypoints));
  if (!found) return std::nullopt;
  ReadFace face;
  face.box = found->box;
  face.points = found->points;
  face.confidence = found->confidence;
  face.estimator = found->has_mesh() ? "blazeface+mesh" : "blazeface";
  ATELIER_RETURN_IF_ERROR(Embed(picture, face));
  return face;
}

Status FaceReader::Embed(const Image& picture, ReadFace& face) {
  face.crop = engine::CropSquare(picture, face.box, kFaceSize);
  ATELIER_ASSIGN_OR_RETURN(face.aligned, photograph::CatchOpenCv([&]() -> Result<Image> {
                             return AlignFace(picture, face.points);
                           }));
  if (!embedder_.network) return {};
  const Image& shown = embedder_.wants_aligned ? face.aligned : face.crop;
  if (shown.empty()) return {};
  ATELIER_ASSIGN_OR_RETURN(face.embedding, embedder_.network->Embed(shown));
  face.embedder = embedder_.name;
  return {};
}

}  // namespace atelier::perception
