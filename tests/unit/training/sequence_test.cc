// Sequences of rendered people: their truth, and how painted ones are judged.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "base/random.h"
#include "training/sequences/sequence_bench.h"
#include "training/sequences/sequence_scores.h"

namespace atelier::training {
namespace {

const std::shared_ptr<const people::Body>& TheBody() {
  static const auto body = people::Body::Load(ATELIER_PEOPLE_BODY);
  REQUIRE(body);
  return *body;
}

SequenceOptions SmallFilm(int frames = 6) {
  return {.picture = {.height = 128, .width = 88, .tile = 24}, .frames = frames};
}

const RenderedSequence& TheWalk() {
  static const RenderedSequence walk =
      RenderSequence(*TheBody(), SceneOf(*TheBody(), 0, SmallFilm()), SmallFilm());
  return walk;
}

std::vector<Image> PicturesOf(const RenderedSequence& sequence) {
  std::vector<Image> pictures;
  for (const people::Rendering& frame : sequence.frames) pictures.push_back(frame.rgb);
  return pictures;
}

Flicker FlickerOf(const std::vector<Image>& painted, const RenderedSequence& truth,
                  FlickerPixels pixels = FlickerPixels::kPerson) {
  Flicker flicker;
  for (size_t t = 1; t < painted.size(); ++t) {
    const people::Flow& flow = truth.flows[t - 1];
    flicker.Add(FrameDifference(painted[t - 1], painted[t], flow, pixels),
                FrameDifference(truth.frames[t - 1].rgb, truth.frames[t].rgb, flow, pixels));
  }
  return flicker;
}

std::vector<Image> WithNoise(std::vector<Image> pictures, double grey_levels) {
  Random random(1);
  for (Image& picture : pictures) {
    for (uint8_t& value : picture.data) {
      const double noisy = value + grey_levels * random.Uniform(-1, 1);
      value = static_cast<uint8_t>(std::clamp(noisy, 0.0, 255.0));
    }
  }
  return pictures;
}

/// Paints what it is told to be the truth, frame after frame.
class TruthfulPainter final : public engine::Painter {
 public:
  explicit TruthfulPainter(const RenderedSequence& truth) : truth_(truth) {
    info_.conditions = {engine::Condition::kTargetIuv};
  }
  const engine::ModelInfo& info() const override { return info_; }
  Result<std::vector<Image>> Paint(std::span<const engine::PaintRequest> requests,
                                   const engine::PaintOptions&,
                                   const engine::StepCallback&) override {
    std::vector<Image> pictures;
    for (const engine::PaintRequest& request : requests) {
      seeds.push_back(request.seed);
      for (const people::Rendering& frame : truth_.frames) {
        if (frame.iuv != request.iuv) continue;
        pictures.push_back(frame.rgb);
        break;
      }
    }
    return pictures;
  }
  std::vector<uint64_t> seeds;

 private:
  const RenderedSequence& truth_;
  engine::ModelInfo info_;
};

}  // namespace

TEST_CASE("The same number gives the same film, and every kind of motion comes in turn",
          "[sequence]") {
  const SequenceOptions options = SmallFilm(2);
  for (int i = 0; i < people::kMotionKindCount; ++i) {
    CHECK(SceneOf(*TheBody(), i, options).kind == static_cast<people::MotionKind>(i));
  }
  const auto again = RenderFrames(*TheBody(), SceneOf(*TheBody(), 3, options), options);
  CHECK(RenderFrames(*TheBody(), SceneOf(*TheBody(), 3, options), options)[1].rgb == again[1].rgb);
  CHECK_FALSE(again[0].rgb == again[1].rgb);
}

TEST_CASE("The person stays as large and on the floor, and the wall stands still", "[sequence]") {
  for (int kind = 0; kind < people::kMotionKindCount; ++kind) {
    const SequenceScene scene = SceneOf(*TheBody(), kind, SmallFilm(12));
    const auto frames = RenderFrames(*TheBody(), scene, SmallFilm(12));
    INFO(people::kMotionKindNames[static_cast<size_t>(kind)]);
    std::vector<int> lowest;
    for (const people::Rendering& frame : frames) {
      int low = 0;
      for (int y = 0; y < frame.mask.height; ++y) {
        for (int x = 0; x < frame.mask.width; ++x) {
          if (*frame.mask.at(y, x) > 127) low = y;
        }
      }
      lowest.push_back(low);
      CHECK(frame.rgb.at(0, 0)[0] == frames[0].rgb.at(0, 0)[0]);
    }
    const auto [least, most] = std::minmax_element(lowest.begin(), lowest.end());
    CHECK(*most - *least <= 3);
  }
}

TEST_CASE("True flow finds the same spot again: a film warped back is the film", "[sequence]") {
  const RenderedSequence& walk = TheWalk();
  size_t known = 0, person = 0;
  for (size_t t = 0; t < walk.flows.size(); ++t) {
    const people::Flow& flow = walk.flows[t];
    const auto still =
        FrameDifference(walk.frames[t].rgb, walk.frames[t + 1].rgb,
                        people::Flow{flow.height, flow.width, std::vector<float>(flow.x.size()),
                                     std::vector<float>(flow.y.size()), flow.known, flow.person},
                        FlickerPixels::kPerson);
    const auto followed =
        FrameDifference(walk.frames[t].rgb, walk.frames[t + 1].rgb, flow, FlickerPixels::kPerson);
    REQUIRE(still);
    REQUIRE(followed);
    CHECK(*followed < .6 * *still);
    for (size_t i = 0; i < flow.known.size(); ++i) {
      person += flow.person[i];
      known += flow.person[i] != 0 && flow.known[i] != 0;
    }
  }
  CHECK(static_cast<double>(known) > .5 * static_cast<double>(person));
}

TEST_CASE("The flicker of the truth against itself is 1, and grows with noise", "[sequence]") {
  const std::vector<Image> truth = PicturesOf(TheWalk());
  for (const FlickerPixels pixels : {FlickerPixels::kPerson, FlickerPixels::kAll}) {
    CHECK(*FlickerOf(truth, TheWalk(), pixels).ratio() == Approx(1));
    const double little = *FlickerOf(WithNoise(truth, 4), TheWalk(), pixels).ratio();
    const double more = *FlickerOf(WithNoise(truth, 16), TheWalk(), pixels).ratio();
    CHECK(little > 1);
    CHECK(more > 1.8 * little);
  }
}

TEST_CASE("A still picture of a moving person flickers: its spots move away below them",
          "[sequence]") {
  const std::vector<Image> still(TheWalk().frames.size(), TheWalk().frames[0].rgb);
  CHECK(*FlickerOf(still, TheWalk()).ratio() > 1.5);
}

TEST_CASE("What is behind the other picture's person counts for nothing", "[sequence]") {
  RenderedSequence walk = TheWalk();
  const people::Flow& flow = walk.flows[0];
  Image painted = walk.frames[0].rgb;
  for (size_t i = 0; i < flow.known.size(); ++i) {
    if (flow.known[i] != 0) continue;
    for (size_t c = 3 * i; c < 3 * i + 3; ++c) painted.data[c] = 0;
  }
  CHECK(*FrameDifference(painted, walk.frames[1].rgb, flow, FlickerPixels::kAll) ==
        *FrameDifference(walk.frames[0].rgb, walk.frames[1].rgb, flow, FlickerPixels::kAll));
}

TEST_CASE("Hands are where the hands are, and a true one scores 1", "[sequence]") {
  const RenderedSequence& walk = TheWalk();
  for (size_t t = 0; t < walk.frames.size(); ++t) {
    const people::Rendering& frame = walk.frames[t];
    // Keypoints 7 and 4 are the left and the right wrist.
    for (const auto& [side, wrist] : {std::pair{0, 7}, std::pair{1, 4}}) {
      const people::HandPlace& hand = walk.hands[t][static_cast<size_t>(side)];
      const Keypoint& at = frame.keypoints[static_cast<size_t>(wrist)];
      CHECK(std::hypot(hand.x - at.x, hand.y - at.y) < .1f * 128);
    }
    const auto truth = HandSsim(frame.rgb, frame.rgb, walk.hands[t]);
    if (!truth) continue;
    CHECK(*truth == Approx(1));
    CHECK(*HandSsim(Image(128, 88, 3, 128), frame.rgb, walk.hands[t]) < .9);
  }
}

TEST_CASE("A perfect painter loses nothing, and a sequence has one noise", "[sequence]") {
  SequenceBenchOptions options;
  options.sequences = 1;
  options.sequence = SmallFilm();
  TruthfulPainter painter(TheWalk());
  const auto results = RunSequenceBench(painter, {.body = TheBody()}, options, [](int) {});
  REQUIRE(results);
  const auto& scores = results->front().scores;
  const auto& raw = scores[static_cast<size_t>(SequenceContender::kRaw)];
  REQUIRE(raw);
  CHECK(raw->person_psnr == 99);
  CHECK(*raw->flicker == Approx(1));
  CHECK(raw->right_parts == 1);
  // Steadied pictures are a little softer, and steadier.
  const auto& exact = scores[static_cast<size_t>(SequenceContender::kExact)];
  REQUIRE(exact);
  CHECK(exact->person_psnr > 40);
  CHECK(*exact->flicker < 1);
  CHECK_FALSE(scores[static_cast<size_t>(SequenceContender::kFilm)]);
  // Two sequences of one noise, then pictures of one each.
  CHECK(std::count(painter.seeds.begin(), painter.seeds.begin() + 12, painter.seeds[0]) == 12);
  CHECK(painter.seeds[12] != painter.seeds[13]);
  const auto means = MeansOf(*results, true);
  CHECK(means[static_cast<size_t>(SequenceContender::kRaw)]->person_psnr == 99);
}

}  // namespace atelier::training
