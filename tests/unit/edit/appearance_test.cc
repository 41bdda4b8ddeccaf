// The light on a person, their skin, the wall behind them; and fills of what is not known.
#include "edit/person/appearance.h"

#include "edit/person/mat_math.h"
#include "edit/person/mirrored_fill.h"
#include "edit/person/push_pull.h"
#include "garment_pair.h"

namespace atelier::edit {
namespace {

constexpr int kHeight = 256, kWidth = 176;

RenderedSubject Facing(uint64_t seed) {
  RenderedSubject out(seed, kHeight, kWidth);
  out.pose = people::SamplePose(seed, people::PoseKind::kStand);
  out.view.yaw = 0;
  return out;
}

TEST_CASE("Filled pixels lie between the known ones, which stay", "[edit]") {
  cv::Mat values(40, 60, CV_32FC3, cv::Scalar::all(10)), weight = cv::Mat::zeros(40, 60, CV_32F);
  values.colRange(40, 60).setTo(cv::Scalar::all(90));
  weight.colRange(0, 10).setTo(1);
  weight.colRange(50, 60).setTo(1);
  const cv::Mat filled = PushPull(values, weight);
  CHECK(cv::norm(filled.colRange(0, 10), values.colRange(0, 10), cv::NORM_INF) == 0);
  CHECK(filled.at<cv::Vec3f>(20, 15)[0] < 40);
  CHECK(filled.at<cv::Vec3f>(20, 30)[0] > 25);
  CHECK(filled.at<cv::Vec3f>(20, 30)[0] < 75);
  CHECK(filled.at<cv::Vec3f>(20, 45)[0] > 60);
}

TEST_CASE("A pattern goes on beyond the edge of what is known", "[edit]") {
  cv::Mat stripes(64, 64, CV_32F), known = cv::Mat::zeros(64, 64, CV_32F);
  for (int y = 0; y < 64; ++y) stripes.row(y).setTo(y % 8 < 4 ? 200 : 50);
  known.colRange(0, 40).setTo(1);
  const cv::Mat filled = MirroredFill(stripes, known);
  CHECK(cv::norm(filled.colRange(0, 60), stripes.colRange(0, 60), cv::NORM_INF) < 1);
  CHECK(cv::norm(PushPull(stripes, known).colRange(50, 60), stripes.colRange(50, 60),
                 cv::NORM_INF) > 40);
}

TEST_CASE("Fine texture goes on as strong and nowhere repeats what is known", "[edit]") {
  cv::Mat texture(120, 160, CV_32F), known(120, 160, CV_32F, cv::Scalar(0));
  cv::RNG(5).fill(texture, cv::RNG::NORMAL, 0, 6);
  texture = Blurred(texture, 1);
  known.colRange(0, 80).setTo(1);
  const cv::Mat filled = TextureFill(texture, known);
  CHECK(cv::norm(filled.colRange(0, 80), texture.colRange(0, 80), cv::NORM_INF) < 1e-3);
  cv::Scalar mean, spread, made_mean, made_spread;
  cv::meanStdDev(texture.colRange(0, 80), mean, spread);
  const cv::Mat made = filled.colRange(82, 158);
  cv::meanStdDev(made, made_mean, made_spread);
  CHECK(std::fabs(made_mean[0]) < .3 * spread[0]);
  CHECK(made_spread[0] > .4 * spread[0]);
  CHECK(made_spread[0] < 1.1 * spread[0]);
  // Not the other side of the edge again.
  cv::Mat mirrored;
  cv::flip(texture.colRange(2, 78), mirrored, 1);
  CHECK(std::fabs(made.dot(mirrored)) < .2 * cv::norm(made) * cv::norm(mirrored));
  CHECK(cv::norm(TextureFill(texture, known), filled, cv::NORM_INF) == 0);
}

TEST_CASE("Light from the left and from the right are told apart", "[edit]") {
  for (const uint64_t seed : {9300200, 9300201, 9300202}) {
    INFO("seed " << seed);
    RenderedSubject rendering = Facing(seed);
    rendering.view.scene.light = people::Unit({-.8f, .3f, .5f});
    const float left = rendering.Make().appearance.light.x;
    rendering.view.scene.light = people::Unit({.8f, .3f, .5f});
    const float right = rendering.Make().appearance.light.x;
    CHECK(left < -.1f);
    CHECK(right > .1f);
  }
}

TEST_CASE("The skin's tone follows the person's", "[edit]") {
  RenderedSubject rendering = Facing(9300203);
  rendering.identity.look.skin = {.85f, .65f, .55f};
  const Appearance light = rendering.Make().appearance;
  rendering.identity.look.skin = {.3f, .18f, .12f};
  const Appearance dark = rendering.Make().appearance;
  CHECK(light.has_skin);
  CHECK(dark.has_skin);
  CHECK(light.skin_lab[0] > dark.skin_lab[0] + 20);
  CHECK(light.face_lab[0] > dark.face_lab[0] + 20);
}

TEST_CASE("The wall goes on behind the person", "[edit]") {
  RenderedSubject rendering = Facing(9300204);
  rendering.view.scene.background = {.2f, .5f, .3f};
  const Subject subject = rendering.Make();
  const cv::Mat off = subject.person.mask < .01, on = subject.person.mask > .99;
  const cv::Scalar around = cv::mean(imaging::ViewOf(subject.person.picture), off);
  const cv::Scalar behind = cv::mean(subject.appearance.wall, on);
  for (int c = 0; c < 3; ++c) CHECK(behind[c] == Approx(around[c]).margin(15));
}

}  // namespace
}  // namespace atelier::edit
