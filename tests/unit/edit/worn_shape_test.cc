// New garments in the old one's outline, where bodies are fitted and not known.
#include "edit/garment/worn_shape.h"

#include <opencv2/imgproc.hpp>

#include "edit/garment/garment.h"
#include "edit/person/mat_math.h"
#include "rendered_subject.h"

namespace atelier::edit {
namespace {

constexpr uint64_t kSeed = 9300301;

cv::Mat Filled(int rows, int cols, const cv::Rect& where) {
  cv::Mat out(rows, cols, CV_32F, cv::Scalar(0));
  out(where).setTo(1);
  return out;
}

/// The person of kSeed through a body that lies `metres` beside them, as a bad fit does.
Subject Misfitted(double metres) {
  const RenderedPerson rendered = RenderPerson(kSeed, {.height = 512, .width = 352});
  Subject subject = SubjectOf(rendered);
  const double pixels = metres * rendered.person.pixels_per_metre();
  subject.person = MakePerson(TheBody(), rendered.rendering.rgb, rendered.rendering.mask,
                              people::InPicture(rendered.person.body, 1, pixels, 0));
  subject.regions = RegionsOf(TheBody(), subject.person, MasksOf(rendered.rendering.regions));
  return subject;
}

double LumaOfTop(const Subject& subject) {
  const cv::Mat inside = Eroded(subject.regions.mask(Label::kUpper), 6) > .9;
  return cv::mean(LumaOf(FloatOf(subject.person.picture)), inside)[0];
}

TEST_CASE("What a garment has at its edge is at the edge of the shape that it fills", "[edit]") {
  constexpr double kSamplesPerMetre = 200;
  const cv::Mat own = Filled(120, 120, {35, 30, 50, 60}),
                shape = Filled(120, 120, {28, 30, 64, 60});
  const cv::Mat map = MovedToShape(own, shape, kSamplesPerMetre);
  const auto at = [&](int x) { return map.at<cv::Vec2f>(60, x); };
  CHECK(at(28)[0] == Approx(35).margin(1.5));
  CHECK(at(91)[0] == Approx(84).margin(1.5));
  CHECK(at(60)[0] == Approx(60).margin(1));
  CHECK(at(60)[1] == Approx(60).margin(1));
  // Nothing is folded over.
  for (int x = 29; x < 92; ++x) CHECK(at(x)[0] > at(x - 1)[0]);
}

TEST_CASE("What a light says of all of a garment does not make it darker", "[edit]") {
  const Subject base = Misfitted(.03);
  Subject donor = RenderSubject(kSeed, {.height = 512, .width = 352});
  donor.appearance.light = base.appearance.light + people::Vec3{0, 0, .4f};
  const Edited edited = SwapGarment(TheBody(), base, donor, Garment::kUpper);
  CHECK(LumaOfTop(edited.subject) == Approx(LumaOfTop(base)).epsilon(.12));
}

TEST_CASE("Skin that is bared has the grain of the skin beside it", "[edit]") {
  Subject base = RenderSubject(kSeed, {.height = 512, .width = 352});
  cv::Mat picture = FloatOf(base.person.picture), grain(picture.size(), CV_32F);
  cv::theRNG().state = 7;
  cv::randn(grain, 0, 5);
  const cv::Mat skin = base.regions.mask(Label::kSkin);
  picture += Times(cv::Mat(picture.size(), CV_32FC3, cv::Scalar::all(1)), grain.mul(skin));
  base.person.picture = ImageOf(picture);
  // A donor whose top ends below the chest, and who shows no skin to be carried.
  Subject donor = base;
  donor.appearance.has_skin = false;
  const SurfaceView view(TheBody(), donor.person.screen,
                         {cv::Rect(0, 0, donor.person.width(), donor.person.height()), 1});
  std::vector<people::Vec3> places;
  for (const people::Attributes& a : TheBody().attributes()) places.push_back(a.at);
  cv::Mat height;
  cv::extractChannel(view.Interpolate(places), height, 1);
  for (cv::Mat& mask : donor.regions.masks) mask = mask.clone();
  const cv::Mat chest = (height > .36f) & (donor.regions.mask(Label::kUpper) > .5);
  donor.regions.masks[IndexOf(Label::kUpper)].setTo(0, chest);
  donor.regions.masks[IndexOf(Label::kSkin)].setTo(1, chest);
  donor.regions = RegionsOf(TheBody(), donor.person, donor.regions.masks);
  const Edited edited = SwapGarment(TheBody(), base, donor, Garment::kUpper);
  cv::Mat bared = (edited.subject.regions.mask(Label::kSkin) > .9) & chest;
  cv::erode(bared, bared, cv::Mat::ones(9, 9, CV_8U));
  REQUIRE(cv::countNonZero(bared) > 100);
  const cv::Mat luma = LumaOf(FloatOf(edited.subject.person.picture));
  cv::Scalar mean, spread;
  cv::meanStdDev(luma - Blurred(luma, 2), mean, spread, bared);
  CHECK(spread[0] > 1.2);
}

}  // namespace
}  // namespace atelier::edit
