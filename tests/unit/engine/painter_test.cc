// The painter through its border alone: no LibTorch here.
#include "engine/painter.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>

#include "base/random.h"
#include "support/tiny_model.h"

namespace atelier::engine {
namespace {

using testing::TinyModelFolder;

Image NoisePicture(int height, int width, int channels, uint64_t seed) {
  Image image(height, width, channels);
  Random random(seed);
  for (auto& byte : image.data) byte = static_cast<uint8_t>(random.Index(256));
  return image;
}

/// A box of torso in front of the background.
Image BoxIuv(int height, int width) {
  Image iuv(height, width, 3);
  for (int y = height / 4; y < height * 3 / 4; ++y) {
    for (int x = width / 4; x < width * 3 / 4; ++x) {
      uint8_t* pixel = iuv.at(y, x);
      pixel[0] = 2;
      pixel[1] = static_cast<uint8_t>(255 * x / width);
      pixel[2] = static_cast<uint8_t>(255 * y / height);
    }
  }
  return iuv;
}

PaintRequest MakeRequest(uint64_t seed) {
  PaintRequest request;
  request.source = NoisePicture(90, 70, 3, seed);
  request.texture_map = NoisePicture(128, 128, 3, seed + 1);
  request.iuv = BoxIuv(100, 80);
  request.face_embedding.assign(512, 0.04f);
  request.seed = seed;
  return request;
}

std::unique_ptr<Painter> LoadTiny(const TinyModelFolder& folder) {
  auto painter = Painter::Load(folder.path(), PainterOptions{.threads = 1});
  if (!painter.has_value()) FAIL(painter.error().message);
  return std::move(*painter);
}

Image PaintOne(Painter& painter, const PaintRequest& request, const PaintOptions& options = {}) {
  auto pictures = painter.Paint({&request, 1}, options, nullptr);
  if (!pictures.has_value()) FAIL(pictures.error().message);
  REQUIRE(pictures->size() == 1);
  return pictures->front();
}

template <typename Edit>
PaintOptions With(Edit edit) {
  PaintOptions options;
  edit(options);
  return options;
}

int LargestDifference(const Image& a, const Image& b) {
  REQUIRE(a.data.size() == b.data.size());
  int largest = 0;
  for (size_t i = 0; i < a.data.size(); ++i)
    largest = std::max(largest, std::abs(int{a.data[i]} - int{b.data[i]}));
  return largest;
}

std::string FaultyField(Painter& painter, const std::vector<PaintRequest>& requests,
                        const PaintOptions& options = {}) {
  const auto result = painter.Paint(requests, options, nullptr);
  if (result.has_value()) return "nothing";
  CHECK(result.error().code == Code::kInvalidArgument);
  return result.error().field;
}

}  // namespace

TEST_CASE("The first step's time does not hold the conditions', which later steps do not have",
          "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  const PaintRequest request = MakeRequest(1);
  // The share of the time to the end of the only step that is not the step's. The conditions are a
  // network as large as the step's and four more. The machine may stall anywhere: best of three.
  double beside_the_step = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    double share = 0;
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(painter->Paint({&request, 1}, With([](PaintOptions& options) { options.steps = 1; }),
                           [&](const PaintStep& step) {
                             const std::chrono::duration<double> all =
                                 std::chrono::steady_clock::now() - begin;
                             share = 1 - step.seconds / all.count();
                             return true;
                           }));
    beside_the_step = std::max(beside_the_step, share);
  }
  CHECK(beside_the_step > 0.2);
}

TEST_CASE("A bad request is refused with the name of the field at fault", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  std::vector<PaintRequest> requests{MakeRequest(1), MakeRequest(2)};
  PaintRequest& bad = requests[1];
  CHECK(FaultyField(*painter, {}) == "requests");
  SECTION("no source") {
    bad.source = Image();
    CHECK(FaultyField(*painter, requests) == "requests[1].source");
  }
  SECTION("source with fewer bytes than its size says") {
    bad.source.data.pop_back();
    CHECK(FaultyField(*painter, requests) == "requests[1].source");
  }
  SECTION("texture of another size") {
    bad.texture_map = Image(128, 64, 3);
    CHECK(FaultyField(*painter, requests) == "requests[1].texture_map");
  }
  SECTION("validity with three channels") {
    bad.texture_validity = Image(128, 128, 3);
    CHECK(FaultyField(*painter, requests) == "requests[1].texture_validity");
  }
  SECTION("a part that no body has") {
    bad.iuv.data[0] = 25;
    CHECK(FaultyField(*painter, requests) == "requests[1].iuv");
  }
  SECTION("a face of another width") {
    bad.face_embedding.pop_back();
    CHECK(FaultyField(*painter, requests) == "requests[1].face_embedding");
  }
  SECTION("a face that is not a number") {
    bad.face_embedding[3] = std::numeric_limits<float>::quiet_NaN();
    CHECK(FaultyField(*painter, requests) == "requests[1].face_embedding");
  }
}

TEST_CASE("A bad option is refused by name, before any work", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  const std::vector<PaintRequest> requests{MakeRequest(1)};
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.height = 100; })) == "height");
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.width = 1 << 20; })) ==
        "width");
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.steps = 0; })) == "steps");
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.steps = 1001; })) == "steps");
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.guidance = 0.5; })) ==
        "guidance");
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.guidance = std::nan(""); })) ==
        "guidance");
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.scheduler = "magic"; })) ==
        "scheduler");
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.preview_every = -1; })) ==
        "preview_every");
}

TEST_CASE("A picture does not depend on its neighbours in the batch", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  const std::string scheduler = GENERATE("ddim", "dpmpp_2m", "unipc", "ddpm");
  INFO(scheduler);
  const PaintOptions options = With([&](PaintOptions& o) { o.scheduler = scheduler; });
  const std::vector<PaintRequest> requests{MakeRequest(1), MakeRequest(2), MakeRequest(3)};
  const auto together = painter->Paint(requests, options, nullptr);
  REQUIRE(together.has_value());
  REQUIRE(together->size() == 3);
  for (size_t i = 0; i < requests.size(); ++i) {
    // One level: matrix products of another height may add in another order.
    CHECK(LargestDifference(together->at(i), PaintOne(*painter, requests[i], options)) <= 1);
  }
  CHECK(LargestDifference(together->at(0), together->at(1)) > 16);
}

TEST_CASE("Frames of one person are painted as each by itself, whoever was painted before",
          "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  const double guidance = GENERATE(1.0, 3.5);
  const PaintOptions options = With([&](PaintOptions& o) { o.guidance = guidance; });
  std::vector<PaintRequest> frames(3, MakeRequest(1));
  frames[1].iuv = Image(100, 80, 3);
  frames[2].iuv = BoxIuv(60, 120);
  const auto together = painter->Paint(frames, options, nullptr);
  REQUIRE(together.has_value());
  const Image other = PaintOne(*painter, MakeRequest(2), options);
  for (size_t i = 0; i < frames.size(); ++i) {
    const auto fresh = LoadTiny(folder);
    CHECK(LargestDifference(together->at(i), PaintOne(*fresh, frames[i], options)) <= 1);
    CHECK(LargestDifference(together->at(i), other) > 16);
  }
}

TEST_CASE("A person who is kept from the picture before is read anew at another size",
          "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder), fresh = LoadTiny(folder);
  const PaintRequest request = MakeRequest(1);
  PaintOne(*painter, request);
  const PaintOptions smaller = With([](PaintOptions& o) { o.height = 96; });
  CHECK(PaintOne(*painter, request, smaller) == PaintOne(*fresh, request, smaller));
}

TEST_CASE("A seed paints the same picture twice, another seed another one", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  PaintRequest request = MakeRequest(5);
  const Image first = PaintOne(*painter, request);
  CHECK(PaintOne(*painter, request) == first);
  request.seed = 6;
  CHECK(LargestDifference(PaintOne(*painter, request), first) > 16);
}

TEST_CASE("Every condition changes the picture", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  const PaintRequest request = MakeRequest(5);
  const Image first = PaintOne(*painter, request);
  const auto check_changed = [&](const std::function<void(PaintRequest&)>& change) {
    PaintRequest changed = request;
    change(changed);
    CHECK(LargestDifference(PaintOne(*painter, changed), first) > 0);
  };
  SECTION("source") {
    check_changed([](PaintRequest& r) { r.source = NoisePicture(90, 70, 3, 99); });
  }
  SECTION("texture map") {
    check_changed([](PaintRequest& r) { r.texture_map = NoisePicture(128, 128, 3, 99); });
  }
  SECTION("pose") {
    check_changed([](PaintRequest& r) { r.iuv = Image(100, 80, 3); });
  }
  SECTION("face") {
    check_changed([](PaintRequest& r) { r.face_embedding.clear(); });
  }
}

TEST_CASE("A cancelled painting stops before the next step", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  const PaintRequest request = MakeRequest(1);
  const std::string scheduler = GENERATE("ddim", "dpmpp_2m", "unipc", "ddpm");
  const auto options = With([&](PaintOptions& o) {
    o.steps = 4;
    o.scheduler = scheduler;
  });
  int calls = 0;
  const auto result = painter->Paint({&request, 1}, options, [&](const PaintStep& step) {
    CHECK(step.step == ++calls);
    CHECK(step.steps == 4);
    return step.step < 2;
  });
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::kCancelled);
  CHECK(calls == 2);
  // Nothing of it is left in the next picture.
  CHECK(PaintOne(*painter, request, options) == PaintOne(*LoadTiny(folder), request, options));
}

TEST_CASE("More steps than the model's timesteps are refused", "[painter]") {
  TinyModelFolder folder;
  folder.model()["scheduler"]["num_train_timesteps"] = 50;
  folder.Write();
  const auto painter = LoadTiny(folder);
  const std::vector<PaintRequest> requests{MakeRequest(1)};
  CHECK(FaultyField(*painter, requests, With([](PaintOptions& o) { o.steps = 51; })) == "steps");
}

TEST_CASE("A model's own default scheduler is the one that paints", "[painter]") {
  TinyModelFolder folder;
  CHECK(ReadModelInfo(folder.path())->schedulers ==
        std::vector<std::string>{"ddim", "dpmpp_2m", "unipc", "ddpm"});
  const PaintRequest request = MakeRequest(5);
  const auto painter = LoadTiny(folder);
  const Image asked =
      PaintOne(*painter, request, With([](PaintOptions& o) { o.scheduler = "unipc"; }));
  CHECK(LargestDifference(PaintOne(*painter, request), asked) > 0);
  folder.model()["defaults"]["scheduler"] = "unipc";
  folder.Write();
  CHECK(PaintOne(*LoadTiny(folder), request) == asked);
  folder.model()["defaults"]["scheduler"] = "magic";
  folder.Write();
  const auto info = ReadModelInfo(folder.path());
  REQUIRE_FALSE(info.has_value());
  CHECK(info.error().field == "defaults.scheduler");
  CHECK_THAT(info.error().message, Catch::Contains("one of ddim, dpmpp_2m, unipc, ddpm"));
}

TEST_CASE("Previews come with every second step alone, one for each request", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  const std::vector<PaintRequest> requests{MakeRequest(1), MakeRequest(2)};
  std::vector<size_t> previews;
  const auto result = painter->Paint(requests, With([](PaintOptions& o) {
                                       o.steps = 4;
                                       o.preview_every = 2;
                                     }),
                                     [&](const PaintStep& step) {
                                       previews.push_back(step.previews.size());
                                       return true;
                                     });
  REQUIRE(result.has_value());
  CHECK(previews == std::vector<size_t>{0, 2, 0, 2});
}

TEST_CASE("A request without previews gets none beside one with them", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  std::vector<PaintRequest> requests{MakeRequest(1), MakeRequest(2)};
  requests[0].preview_every = 0;
  requests[1].preview_every = 3;
  std::vector<int> steps;
  const auto result = painter->Paint(requests, With([](PaintOptions& o) { o.steps = 4; }),
                                     [&](const PaintStep& step) {
                                       if (step.previews.empty()) return true;
                                       steps.push_back(step.step);
                                       CHECK(step.previews.at(0).empty());
                                       CHECK_FALSE(step.previews.at(1).empty());
                                       return true;
                                     });
  REQUIRE(result.has_value());
  CHECK(steps == std::vector<int>{3});
}

TEST_CASE("bfloat16 paints the same picture, coarsely", "[painter]") {
  const TinyModelFolder folder;
  auto coarse = Painter::Load(folder.path(), PainterOptions{.dtype = "bfloat16", .threads = 1});
  if (!coarse.has_value()) FAIL(coarse.error().message);
  const PaintRequest request = MakeRequest(5);
  const Image exact = PaintOne(*LoadTiny(folder), request);
  const Image rounded = PaintOne(**coarse, request);
  REQUIRE(rounded.data.size() == exact.data.size());
  double sum = 0;
  for (size_t i = 0; i < exact.data.size(); ++i)
    sum += std::abs(int{exact.data[i]} - int{rounded.data[i]});
  const double mean = sum / static_cast<double>(exact.data.size());
  CHECK(mean > 0);
  CHECK(mean < 12);
}

TEST_CASE("Sizes that do not halve evenly are painted all the same", "[painter]") {
  const TinyModelFolder folder;
  const auto painter = LoadTiny(folder);
  const Image picture = PaintOne(*painter, MakeRequest(1), With([](PaintOptions& o) {
    o.height = 136;
    o.width = 72;
    o.steps = 1;
    o.guidance = 1.0;
  }));
  CHECK(picture.height == 136);
  CHECK(picture.width == 72);
}

TEST_CASE("A folder whose networks do not fit each other is refused by the component's name",
          "[painter]") {
  TinyModelFolder folder;
  auto& components = folder.model()["components"];
  const auto check_blames = [&](const std::string& blamed) {
    folder.Write();
    const auto painter = Painter::Load(folder.path(), {});
    REQUIRE_FALSE(painter.has_value());
    CHECK_THAT(painter.error().message, Catch::Contains(blamed));
  };
  SECTION("pose guider that reads other channels") {
    components["pose_guider"]["config"]["conditioning_channels"] = 27;
    check_blames("components.pose_guider");
  }
  SECTION("image encoder of another width") {
    components["image_encoder"]["config"]["projection_dim"] = 64;
    check_blames("components.image_encoder");
  }
  SECTION("weights of another network") {
    components["reference_unet"]["weights"] = "weights/vae.safetensors";
    check_blames("components.reference_unet");
  }
  SECTION("weights that are not there") {
    components["vae"]["weights"] = "weights/none.safetensors";
    check_blames("components.vae");
  }
  SECTION("a network is missing") {
    components.erase("face_resampler");
    check_blames("components.face_resampler");
  }
}

TEST_CASE("A device or number type that is not there is refused before the weights are read",
          "[painter]") {
  const TinyModelFolder folder;
  const auto code = [&folder](const PainterOptions& options) {
    const auto painter = Painter::Load(folder.path(), options);
    return painter.has_value() ? Code::kOk : painter.error().code;
  };
  CHECK(code({.device = "abacus"}) == Code::kInvalidArgument);
  CHECK(code({.device = "cuda:31"}) == Code::kFailedPrecondition);
  CHECK(code({.dtype = "float16"}) == Code::kInvalidArgument);
  CHECK(code({.dtype = "tf32"}) == Code::kInvalidArgument);
  CHECK(code({.dtype = "float8"}) == Code::kInvalidArgument);
  CHECK(code({.threads = -1}) == Code::kInvalidArgument);
}

}  // namespace atelier::engine
