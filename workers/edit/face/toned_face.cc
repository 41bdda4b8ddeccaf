#include "edit/face/toned_face.h"

#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/face/face_places.h"
#include "edit/face/skin_tone.h"
#include "edit/person/mat_math.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {

cv::Rect FaceBox(const people::Body& body, const Person& person) {
  constexpr double kMarginMetres = .02;
  std::vector<cv::Point2f> points;
  for (const int v : body.skin_vertices()) {
    const auto vertex = static_cast<size_t>(v);
    if (FaceShare(body.attributes()[vertex]) <= 0) continue;
    points.emplace_back(person.screen[vertex].x, person.screen[vertex].y);
  }
  const int margin = cvRound(kMarginMetres * person.pixels_per_metre());
  cv::Rect box = cv::boundingRect(points);
  box += cv::Size(2 * margin, 2 * margin);
  box -= cv::Point(margin, margin);
  return box & cv::Rect(0, 0, person.width(), person.height());
}

TonedPicture WithTone(const people::Body& body, const Subject& subject, const Person& placed,
                      const cv::Rect& box, const cv::Vec3f& to) {
  TonedPicture toned{FloatOf(subject.person.picture),
                     cv::Mat(placed.height(), placed.width(), CV_32F, cv::Scalar(1))};
  if (box.empty()) return toned;
  const SurfaceView view(body, placed.screen, {box, 1});
  const cv::Mat no_skin =
      Shares(body, view, [&](const people::Attributes& a) { return NoSkinShare(a, body); });
  cv::Mat part = toned.rgb(box);
  const cv::Vec3f& from = subject.appearance.face_lab;
  const cv::Mat bare =
      subject.person.mask(box).mul(1 - Ramp(subject.regions.mask(Label::kHair)(box), .2, .8));
  const cv::Mat skin = SkinShare(part, from, no_skin).mul(bare);
  ToTone(part, from, to, skin).copyTo(part);
  skin.copyTo(toned.skin(box));
  return toned;
}

}  // namespace atelier::edit
