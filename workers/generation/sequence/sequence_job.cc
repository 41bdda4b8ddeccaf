#include "generation/sequence/sequence_job.h"

#include <utility>

#include "detail/blend.h"
#include "engine/images/resize.h"
#include "imaging/picture_codec.h"
#include "people/motion/steady_picture.h"

namespace atelier::generation {
namespace {

/// Of a PNG of our own; empty for an empty text.
Image Decoded(const std::string& png) {
  if (png.empty()) return {};
  return imaging::DecodePicture(png, "frame").value_or(Image());
}

}  // namespace

Status SequenceJob::AddFinished(size_t index, Image frame) const {
  if (frame.height != place.height * output_scale || frame.width != place.width * output_scale) {
    return MakeError(Code::kInternal, "FRAME_SIZE",
                     "a frame of an earlier attempt has another size than this one's");
  }
  state_->last_index = index;
  state_->last = std::move(frame);
  return film ? film->Add(state_->last) : Status();
}

Image SequenceJob::IuvOf(size_t index, const Image& frame) const {
  const Image iuv = Decoded(frames[index].iuv_png);
  return iuv.empty() ? Image() : engine::ResizeNearest(iuv, frame.height, frame.width);
}

Image SequenceJob::SteadiedFrame(size_t index, Image frame) const {
  const bool follows = !state_->last.empty() && state_->last_index + 1 == index;
  if (!follows) return frame;
  const Image iuv = IuvOf(index, frame), iuv_before = IuvOf(index - 1, frame);
  if (iuv.empty() || iuv_before.empty()) return frame;
  return people::Steadied({frame, iuv}, {state_->last, iuv_before});
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
  if (photographs.empty()) result = SteadiedFrame(index, std::move(result));
  if (state_->film_status) state_->film_status = AddFinished(index, result);
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
  ATELIER_RETURN_IF_ERROR(state_->film_status);
  painted.facts = film_facts;
  ATELIER_ASSIGN_OR_RETURN(painted.bytes, film->Finish());
  return painted;
}

}  // namespace atelier::generation
