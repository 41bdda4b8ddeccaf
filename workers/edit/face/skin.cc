#include "edit/face/skin.h"

#include "edit/face/skin_tone.h"
#include "edit/person/edited_subject.h"
#include "edit/region/region_mask.h"
#include "imaging/view_of.h"

namespace atelier::edit {

Edited SwapSkin(const people::Body& body, const Subject& base, const Subject& donor) {
  cv::Mat rgb;
  imaging::ViewOf(base.person.picture).convertTo(rgb, CV_32F);
  cv::Mat weight = base.regions.mask(Label::kSkin).clone();
  if (!base.appearance.has_skin || !donor.appearance.has_skin) weight.setTo(0);
  const cv::Mat parts = PartsOf(body, base.person);
  const cv::Mat face = MaskOf(body, base.person, base.regions, parts, {.kind = RegionKind::kFace});
  weight = weight.mul(SkinShare(rgb, base.appearance.face_lab, face));
  const cv::Mat toned = ToTone(rgb, base.appearance.skin_lab, donor.appearance.skin_lab, weight);
  return WithPicture(base, toned, weight);
}

}  // namespace atelier::edit
