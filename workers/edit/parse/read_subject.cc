#include "edit/parse/read_subject.h"

#include <utility>

#include "edit/person/appearance.h"

namespace atelier::edit {
namespace {

Image BytesOf(const cv::Mat& mask) {
  Image bytes(mask.rows, mask.cols, 1);
  cv::Mat view(mask.rows, mask.cols, CV_8U, bytes.data.data());
  mask.convertTo(view, CV_8U, 255);
  return bytes;
}

}  // namespace

Subject ReadSubject(const people::Body& body, const Parser& parser, Person person) {
  Regions found = parser.Parse(person);
  cv::Mat whole = found.masks[0].clone();
  for (size_t label = 1; label < kLabelCount; ++label) whole += found.masks[label];
  Subject subject;
  if (cv::countNonZero(whole > .5) == 0) {
    subject.person = std::move(person);
  } else {
    // The mask that the body was fitted to is coarse; clothes are measured anew.
    subject.person =
        MakePerson(body, std::move(person.picture), BytesOf(whole), std::move(person.body));
  }
  subject.regions = RegionsOf(body, subject.person, std::move(found.masks));
  subject.regions.limb_ends = std::move(found.limb_ends);
  subject.regions.border_entropy = found.border_entropy;
  subject.appearance = AppearanceOf(body, subject.person, subject.regions);
  return subject;
}

}  // namespace atelier::edit
