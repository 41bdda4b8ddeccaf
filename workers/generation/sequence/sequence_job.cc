#include "generation/sequence/sequence_job.h"

#include <utility>

#include "detail/blend.h"
#include "imaging/picture_codec.h"

namespace atelier::generation {
namespace {

/// Of a PNG of our own; empty for an empty text.
Image Decoded(const std::string& png) {
  if (png.empty()) return {};
  return imaging::DecodePicture(png, "frame").value_or(Image());
}

}  // namespace

Status SequenceJob::AddFinished(const Image& frame) const {
  if (!film) return {};
  if (frame.height != film_facts.height() || frame.width != film_facts.width()) {
    return MakeError(Code::kInternal, "FRAME_SIZE",
                     "a frame of an earlier attempt has another size than this one's");
  }
  return film->Add(frame);
}

engine::PaintRequest SequenceJob::RequestOf(size_t index) const {
  engine::PaintRequest request = PaintJob::RequestOf(index);
  request.iuv = Decoded(frames[index].iuv_png);
  request.keypoint_picture = Decoded(frames[index].keypoint_png);
  return request;
}

Image SequenceJob::Finish(size_t index, Image painting) const {
  Image result;
  if (!photographs.empty() && frames[index].body) {
    DetailPlace here = place;
    here.target = *frames[index].body;
    result = detail::LayOver(painting, CarryDetail(*fitter, photographs, here), output_scale);
  } else {
    result = output_scale == 1 ? std::move(painting) : detail::Grow(painting, output_scale);
  }
  if (film && film_state_->status) film_state_->status = AddFinished(result);
  return result;
}

v1::Receipt SequenceJob::ReceiptOf(size_t index) const {
  constexpr std::string_view kPoses = "pose_list.";
  v1::Receipt own = receipt;
  own.clear_inputs();
  const std::string pose = "pose_list.poses[" + std::to_string(index) + "]";
  for (const v1::ReceiptInput& input : receipt.inputs()) {
    const bool others = input.field().starts_with(kPoses) && !input.field().starts_with(pose);
    if (!others) *own.add_inputs() = input;
  }
  return own;
}

Result<runtime::PaintedFilm> SequenceJob::MakeFilm() const {
  runtime::PaintedFilm painted;
  if (!film) return painted;
  ATELIER_RETURN_IF_ERROR(film_state_->status);
  painted.facts = film_facts;
  ATELIER_ASSIGN_OR_RETURN(painted.bytes, film->Finish());
  return painted;
}

}  // namespace atelier::generation
