// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/metrics/published_metrics.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/weights/load.h"
#include "support/temp_dir.h"
#include "training/metrics/fid_inception.h"
#include "training/metrics/lpips.h"

namespace atelier::training {
namespace {

const std::string kData = std::string(ATELIER_SOURCE_DIR) + "/tests/unit/training/data/";

// The numbers below are made by data/published_metrics.py too, digit for digit.

uint64_t Mix(uint64_t x) {  // splitmix64
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

uint64_t HashOf(const std::string& name) {  // FNV-1a
  uint64_t value = 0xcbf29ce484222325ULL;
  for (const char c : name) value = (value ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return value;
}

std::vector<double> Uniform(const std::string& name, int64_t count) {
  std::vector<double> out(static_cast<size_t>(count));
  const uint64_t start = HashOf(name);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<double>(Mix(start + i) >> 40) / (1 << 24);
  return out;
}

at::Tensor Weights(const std::string& name, const std::vector<int64_t>& shape) {
  if (name.ends_with("num_batches_tracked")) return at::zeros({}, at::kLong);
  const at::Tensor empty = at::empty(shape, at::kFloat);
  auto* out = empty.mutable_data_ptr<float>();
  const int64_t fan_in = shape.size() > 1 ? empty.numel() / shape[0] : 1;
  size_t i = 0;
  for (const double u : Uniform(name, empty.numel())) {
    double v = 0.2 * (u - 0.5);
    if (name.ends_with("running_var")) {
      v = 0.5 + u;
    } else if (name.ends_with("bn.weight")) {
      v = 0.8 + 0.4 * u;
    } else if (name.starts_with("lin") && name.ends_with("model.1.weight")) {
      v = u;
    } else if (shape.size() > 1) {
      v = (2 * u - 1) * std::sqrt(6.0 / static_cast<double>(fan_in));
    }
    out[i++] = static_cast<float>(v);
  }
  return empty;
}

Image Picture(int number, int height, int width) {
  Image image(height, width, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        const uint64_t place = static_cast<uint64_t>((y * width + x) * 3 + c + number * 1000003);
        const int noise = static_cast<int>(Mix(place) >> 58);
        image.at(y, x)[c] = static_cast<uint8_t>((x * (2 + number) + y * 3 + c * 40 + noise) % 256);
      }
  return image;
}

const nlohmann::json& PublishedKeys() {
  static const auto keys = nlohmann::json::parse(std::ifstream(kData + "published_keys.json"));
  return keys;
}

/// Weights of the published `kind` under its own keys.
engine::TensorMap PublishedWeights(const std::string& kind) {
  // On a busy machine threads that wait for each other take longer than one alone.
  at::set_num_threads(1);
  engine::TensorMap tensors;
  for (const auto& [name, shape] : PublishedKeys().at(kind).items())
    tensors[name] = Weights(name, shape.get<std::vector<int64_t>>());
  return tensors;
}

at::Tensor Golden(const std::string& name) {
  const auto file = engine::SafetensorsFile::Open(kData + "published_metrics.safetensors");
  REQUIRE(file.has_value());
  const auto tensor = file->Tensor(name);
  REQUIRE(tensor.has_value());
  return *tensor;
}

/// The weights as files of the published splitting: torchvision's trunk, lpips' linear layers.
std::vector<std::filesystem::path> WriteLpips(const std::string& net,
                                              const std::filesystem::path& folder) {
  at::set_num_threads(1);
  const LpipsTrunk trunk = net == "alex" ? LpipsTrunk::kAlex : LpipsTrunk::kVgg;
  engine::TensorMap features, lins;
  for (const TrunkConv& c : ConvsOf(trunk)) {
    for (const char* part : {".weight", ".bias"}) {
      const std::string number = std::to_string(c.number);
      const std::string theirs = "features." + number + part;
      const auto shape = PublishedKeys().at("torchvision_" + net).at(theirs);
      features[theirs] = Weights("net.slice" + std::to_string(c.slice) + "." + number + part,
                                 shape.get<std::vector<int64_t>>());
    }
  }
  // Of the classifier only that it is there and in the way.
  features["classifier.6.bias"] = at::zeros({1000});
  for (int i = 0; i < 5; ++i) {
    const std::string name = "lin" + std::to_string(i) + ".model.1.weight";
    const auto shape = PublishedKeys().at("lpips_" + net).at(name);
    lins[name] = Weights(name, shape.get<std::vector<int64_t>>());
  }
  REQUIRE(engine::WriteSafetensors(folder / "trunk.safetensors", features).has_value());
  REQUIRE(engine::WriteSafetensors(folder / "lins.safetensors", lins).has_value());
  return {folder / "trunk.safetensors", folder / "lins.safetensors"};
}

std::vector<float> Rows(const std::string& name, int rows, int width) {
  std::vector<float> out;
  for (int i = 0; i < rows; ++i)
    for (const double u : Uniform(name + std::to_string(i), width))
      out.push_back(static_cast<float>(name == "a" ? u : u * (0.5 + i % 3) + 0.3));
  return out;
}

struct FidCase {
  FidKind kind;
  const char *keys, *features;
};
constexpr FidCase kPytorchFid = {FidKind::kPytorchFid, "fid", "fid_features"};
constexpr FidCase kTorchvision = {FidKind::kTorchvision, "torchvision_fid",
                                  "torchvision_fid_features"};

TEST_CASE("The FID network has every published key in its published shape, and no other",
          "[training]") {
  const FidCase fid = GENERATE(kPytorchFid, kTorchvision);
  FidInception network(fid.kind);
  const engine::TensorMap state = engine::StateDict(*network);
  size_t published = 0;
  for (const auto& [name, shape] : PublishedKeys().at(fid.keys).items()) {
    if (name.starts_with("AuxLogits.")) continue;
    ++published;
    INFO(name);
    REQUIRE(state.contains(name));
    CHECK(state.at(name).sizes().vec() == shape.get<std::vector<int64_t>>());
  }
  CHECK(state.size() == published);
}

TEST_CASE("FID features of a weight file are pytorch-fid's, or those that FPDM's script reads",
          "[training]") {
  const FidCase fid = GENERATE(kPytorchFid, kTorchvision);
  const testing::TempDir folder;
  const auto path = folder.path() / "inception.safetensors";
  engine::TensorMap weights = PublishedWeights(fid.keys);
  // Older files lack the counters that nothing reads.
  std::erase_if(weights,
                [](const auto& item) { return item.first.ends_with("num_batches_tracked"); });
  REQUIRE(engine::WriteSafetensors(path, weights).has_value());
  const auto network = FidNetwork::Load(path, fid.kind);
  INFO((network ? "" : network.error().message));
  REQUIRE(network.has_value());
  const Image a = Picture(0, 64, 48), b = Picture(1, 64, 48);
  const std::vector<const Image*> both = {&a, &b};
  const auto features = (*network)->Features(both);
  REQUIRE(features.has_value());
  const at::Tensor ours = at::tensor(*features).view({2, kFidFeatures});
  const at::Tensor golden = Golden(fid.features);
  const double difference = (ours - golden).abs().max().item<double>();
  INFO("largest difference " << difference);
  CHECK(difference < 1e-4 * golden.abs().max().item<double>());
  // The same again, bit for bit; and not the same for another picture.
  CHECK((*network)->Features(both).value() == *features);
  CHECK((ours[0] - ours[1]).abs().max().item<double>() > 0.01);
}

TEST_CASE("The weights of one FID are refused where the other is measured", "[training]") {
  const testing::TempDir folder;
  const auto path = folder.path() / "inception.safetensors";
  const bool given = GENERATE(false, true);
  const FidCase &theirs = given ? kPytorchFid : kTorchvision,
                &wanted = given ? kTorchvision : kPytorchFid;
  REQUIRE(engine::WriteSafetensors(path, PublishedWeights(theirs.keys)).has_value());
  const auto network = FidNetwork::Load(path, wanted.kind);
  REQUIRE_FALSE(network.has_value());
  CHECK(network.error().reason == "STATE_DICT_MISMATCH");
  CHECK(network.error().message.find("fc.weight") != std::string::npos);
}

TEST_CASE("The Fréchet distance is the published one, nothing of a set to itself, and symmetric",
          "[training]") {
  const std::vector<float> a = Rows("a", 40, 16), b = Rows("b", 30, 16);
  CHECK(*FrechetDistance(a, b, 16) == Approx(Golden("frechet").item<double>()).epsilon(1e-4));
  CHECK(*FrechetDistance(a, b, 16) == Approx(*FrechetDistance(b, a, 16)));
  CHECK(std::abs(*FrechetDistance(a, a, 16)) < 1e-9);
  // Fewer pictures than features: the covariance has no inverse, and needs none.
  const std::vector<float> few(a.begin(), a.begin() + 5 * 16);
  CHECK(std::abs(*FrechetDistance(few, few, 16)) < 1e-9);
  // Two Gaussians on a line: (m - n)^2 + (s - t)^2.
  CHECK(*FrechetDistance(std::vector<float>{-1, 1}, std::vector<float>{2, 8}, 1) ==
        Approx(25 + 2 * std::pow(3 - 1, 2)));
}

TEST_CASE("One picture has no covariance", "[training]") {
  const std::vector<float> one(4, 1), two(8, 1);
  const auto distance = FrechetDistance(one, two, 4);
  REQUIRE_FALSE(distance.has_value());
  CHECK(distance.error().reason == "TOO_FEW_PICTURES");
}

TEST_CASE("LPIPS of weight files is lpips', nothing of a picture to itself, and symmetric",
          "[training]") {
  const std::string net = GENERATE("alex", "vgg");
  const testing::TempDir folder;
  const auto network = LpipsNetwork::Load(WriteLpips(net, folder.path()));
  INFO((network ? "" : network.error().message));
  REQUIRE(network.has_value());
  CHECK((*network)->trunk() == net);
  const Image a = Picture(0, 64, 48), b = Picture(1, 64, 48);
  const double distance = (*network)->Distance(a, b).value();
  CHECK(distance == Approx(Golden("lpips_" + net).item<double>()).epsilon(1e-4));
  CHECK((*network)->Distance(b, a).value() == Approx(distance));
  CHECK((*network)->Distance(a, b).value() == distance);
  CHECK((*network)->Distance(a, a).value() == 0);
}

TEST_CASE("LPIPS under lpips' own keys loads whole, and has no key that lpips has not",
          "[training]") {
  const std::string net = GENERATE("alex", "vgg");
  const LpipsTrunk trunk = net == "alex" ? LpipsTrunk::kAlex : LpipsTrunk::kVgg;
  Lpips network(trunk);
  const Status loaded =
      engine::LoadStateDict(*network, WithLpipsKeys(PublishedWeights("lpips_" + net), trunk));
  INFO((loaded ? "" : loaded.error().message));
  CHECK(loaded.has_value());
  for (const auto& item : engine::StateDict(*network)) {
    INFO(item.first);
    CHECK(PublishedKeys().at("lpips_" + net).contains(item.first));
  }
}

TEST_CASE(
    "Weights that do not fit, or are not there, are errors that name the flag and the trouble",
    "[training]") {
  const testing::TempDir folder;
  const auto absent = FidNetwork::Load(folder.path() / "absent.pth", FidKind::kPytorchFid);
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().code == Code::kNotFound);
  CHECK(absent.error().message.find("--fid-weights") != std::string::npos);

  const auto garbage = folder.path() / "garbage.pth";
  std::ofstream(garbage) << "no weights";
  CHECK_FALSE(FidNetwork::Load(garbage, FidKind::kPytorchFid).has_value());
  CHECK_FALSE(LpipsNetwork::Load({garbage}).has_value());

  // The trunk alone: the linear layers are missing, and said to be.
  const auto files = WriteLpips("alex", folder.path());
  const auto half = LpipsNetwork::Load({files[0]});
  REQUIRE_FALSE(half.has_value());
  CHECK(half.error().message.find("lin0.model.1.weight") != std::string::npos);
  // A trunk is no Inception.
  const auto wrong = FidNetwork::Load(files[0], FidKind::kPytorchFid);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().reason == "STATE_DICT_MISMATCH");
  CHECK_FALSE(LpipsNetwork::Load({files[1]}).has_value());
  CHECK_FALSE(LpipsNetwork::Load(files, "a toaster").has_value());
}

}  // namespace
}  // namespace atelier::training
