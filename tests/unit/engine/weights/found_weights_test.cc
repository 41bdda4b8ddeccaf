// Weight files as people have them: of other names, in shards, wrapped, beside averaged copies, and
// what is no weight file at all.
#include <ATen/ATen.h>
#include <torch/nn.h>

#include <algorithm>
#include <fstream>

#include "engine/weights/fit_keys.h"
#include "engine/weights/load.h"
#include "support/catch_torch.h"
#include "support/temp_dir.h"
#include "support/torch_bytes.h"
#include "support/write_file.h"

namespace atelier::engine {
namespace {

using namespace testing::pickle;  // NOLINT: the little language these files are written in
using testing::Little;
using testing::TempDir;
using testing::WriteFile;
using testing::Zip;
using Kind = KeyMismatch::Kind;

struct Network : torch::nn::Module {
  Network() {
    conv = register_module("conv", torch::nn::Linear(3, 2));
    out = register_module("out", torch::nn::Linear(2, 2));
  }
  torch::nn::Linear conv{nullptr}, out{nullptr};
};

/// A network's weights, each key with `prefix` in front.
TensorMap Weights(const std::string& prefix, float value) {
  TensorMap tensors;
  for (const auto& [key, tensor] : StateDict(Network())) {
    tensors[prefix + key] = at::full_like(tensor, value);
  }
  return tensors;
}

TensorMap Joined(TensorMap a, const TensorMap& b) {
  a.insert(b.begin(), b.end());
  return a;
}

std::string Floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

/// A file of torch.save(): its pickled value, and the storages by key.
std::string TorchBytes(const std::string& value,
                       const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<std::pair<std::string, std::string>> entries = {{"m/data.pkl", File(value)}};
  for (const auto& [key, bytes] : storages) entries.emplace_back("m/data/" + key, bytes);
  return Zip(entries);
}

Result<FittedKeys> Fit(const TensorMap& tensors) { return FitKeys(StateDict(Network()), tensors); }

/// Whether `tensors` are the network's, all of `value`.
bool AreWeights(const TensorMap& tensors, float value) {
  if (!CompareStateDict(StateDict(Network()), tensors).empty()) return false;
  return tensors.at("out.bias")[0].item<float>() == value;
}

std::string Message(const Result<TensorMap>& read) {
  REQUIRE_FALSE(read.has_value());
  return read.error().message;
}

}  // namespace

TEST_CASE("A network that was wrapped when it was saved is found under what it was wrapped in",
          "[weights]") {
  for (const std::string prefix : {"", "module.", "model.", "_orig_mod.", "module._orig_mod.",
                                   "_orig_mod.module.", "pipeline.unet."}) {
    INFO(prefix);
    const auto fitted = Fit(Weights(prefix, 3));
    REQUIRE(fitted.has_value());
    CHECK(AreWeights(fitted->tensors, 3));
    CHECK(fitted->origins.at("out.bias") == prefix + "out.bias");
  }
  // torch.compile() of a part of the network leaves its mark in the middle.
  TensorMap marked;
  for (const auto& [key, tensor] : Weights("", 3)) {
    marked["model." + key.substr(0, key.find('.') + 1) + "_orig_mod." +
           key.substr(key.find('.') + 1)] = tensor;
  }
  CHECK(AreWeights(Fit(marked)->tensors, 3));
}

TEST_CASE("Of a checkpoint of several networks the one that fits is taken", "[weights]") {
  TensorMap tensors = Weights("unet.", 3);
  tensors["vae.conv.weight"] = at::zeros({9});
  tensors["loss.scale"] = at::zeros({1});
  const auto fitted = Fit(tensors);
  REQUIRE(fitted.has_value());
  CHECK(fitted->prefix == "unet.");
  CHECK(AreWeights(fitted->tensors, 3));
  // What stands among the network's own keys and is not one of them is still told.
  tensors["unet.stranger"] = at::zeros({1});
  const auto mismatches = CompareStateDict(StateDict(Network()), Fit(tensors)->tensors);
  REQUIRE(mismatches.size() == 1);
  CHECK(mismatches[0].kind == Kind::kExtra);
  CHECK(mismatches[0].key == "stranger");
}

TEST_CASE("An averaged copy beside the weights is named: nobody can say which is meant",
          "[weights]") {
  const auto named = [](const TensorMap& tensors, const std::string& places) {
    const auto fitted = Fit(tensors);
    REQUIRE_FALSE(fitted.has_value());
    CHECK(fitted.error().reason == "SEVERAL_COPIES");
    CHECK(fitted.error().code == Code::kInvalidArgument);
    CHECK_THAT(fitted.error().message, Catch::Contains(places));
  };
  named(Joined(Weights("model.", 1), Weights("model_ema.", 2)),
        "under `model.`, under `model_ema.`");
  named(Joined(Weights("", 1), Weights("ema.", 2)), "without a prefix, under `ema.`");
  // Stable Diffusion's copy has its keys without dots.
  TensorMap dotless = Weights("model.", 1);
  for (const auto& [key, tensor] : Weights("", 2)) {
    std::string name = key;
    std::erase(name, '.');
    dotless["model_ema." + name] = tensor;
  }
  named(dotless, "under `model.`, under `model_ema.`");
  TensorMap flat = Weights("", 1);
  for (const auto& [key, tensor] : Weights("", 2)) {
    std::string name = key;
    std::ranges::replace(name, '.', '_');
    flat["ema_" + name] = tensor;
  }
  named(flat, "without a prefix, under `ema_`");
  // Alone, it is the network.
  CHECK(AreWeights(Fit(Weights("ema.", 2))->tensors, 2));
}

TEST_CASE("Wrapped keys that do not fit are told without what they are wrapped in", "[weights]") {
  TensorMap tensors = Weights("module.", 1);
  tensors.erase("module.out.bias");
  const auto mismatches = CompareStateDict(StateDict(Network()), Fit(tensors)->tensors);
  REQUIRE(mismatches.size() == 1);
  CHECK(mismatches[0].key == "out.bias");
  CHECK(mismatches[0].kind == Kind::kMissing);
}

TEST_CASE("One of several files may be wrapped, and its keys still override", "[weights]") {
  const TensorMap state = StateDict(Network());
  TensorMap patch;
  patch["module.out.bias"] = at::full({2}, 7.f);
  CHECK(WithoutCommonPrefix(state, patch).contains("out.bias"));
  CHECK(WithoutCommonPrefix(state, Weights("", 1)).contains("out.bias"));
  patch["module.stranger"] = at::zeros({1});
  CHECK(WithoutCommonPrefix(state, patch).contains("module.out.bias"));
  CHECK(WithoutCommonPrefix(state, {}).empty());
}

TEST_CASE("Weights are read by what the file holds, whatever its name", "[weights]") {
  const TempDir dir;
  const TensorMap weights = Weights("", 4);
  REQUIRE(WriteSafetensors(dir.path() / "a.safetensors", weights));
  for (const char* name : {"a.bin", "a.pth", "a.ckpt", "a.weights", "a"}) {
    INFO(name);
    std::filesystem::copy_file(dir.path() / "a.safetensors", dir.path() / name);
    const auto read = ReadWeights(dir.path() / name);
    REQUIRE(read.has_value());
    CHECK(AreWeights(*read, 4));
    CHECK(ReadShapes(dir.path() / name)->size() == 4);
  }
  const std::string torch =
      TorchBytes(Dict({{"w", Tensor(Storage("0", 2), 0, {2}, {1})}}), {{"0", Floats({1, 2})}});
  CHECK(ReadWeights(WriteFile(dir.path() / "b.safetensors", torch))->contains("w"));
}

TEST_CASE("Weights in shards are read by their index, also where the index alone is there",
          "[weights]") {
  const TempDir dir;
  const TensorMap weights = Weights("", 5);
  TensorMap first{{"conv.weight", weights.at("conv.weight")},
                  {"conv.bias", weights.at("conv.bias")}};
  TensorMap second{{"out.weight", weights.at("out.weight")}, {"out.bias", weights.at("out.bias")}};
  // What the index does not name of a file is not meant.
  second["conv.bias"] = at::zeros({2});
  REQUIRE(WriteSafetensors(dir.path() / "w-00001-of-00002.safetensors", first));
  REQUIRE(WriteSafetensors(dir.path() / "w-00002-of-00002.safetensors", second));
  const auto index = dir.path() / "w.safetensors.index.json";
  const auto write = [&](const std::string& text) { std::ofstream(index) << text; };
  const std::string map =
      R"({"metadata": {"total_size": 1}, "weight_map": {
          "conv.weight": "w-00001-of-00002.safetensors", "conv.bias": "w-00001-of-00002.safetensors",
          "out.weight": "w-00002-of-00002.safetensors", "out.bias": "w-00002-of-00002.safetensors"}})";
  write(map);
  for (const char* name : {"w.safetensors.index.json", "w.safetensors"}) {
    const auto read = ReadWeights(dir.path() / name);
    INFO(name << (read ? "" : read.error().message));
    REQUIRE(read.has_value());
    CHECK(AreWeights(*read, 5));
    CHECK(ReadShapes(dir.path() / name)->size() == 4);
  }
  write(R"({"weight_map": {"a": "w-00001-of-00002.safetensors"}})");
  CHECK_THAT(Message(ReadWeights(index)), Catch::Contains("00001-of-00002.safetensors lacks `a`"));
  write(R"({"weight_map": {"a": "../secret.safetensors"}})");
  CHECK_THAT(Message(ReadWeights(index)), Catch::Contains("not beside it"));
  write(R"({"weights": {}})");
  CHECK_THAT(Message(ReadWeights(index)), Catch::Contains("no index of weight files"));
  write(map);
  std::filesystem::remove(dir.path() / "w-00002-of-00002.safetensors");
  const auto missing = ReadWeights(index);
  CHECK(missing.error().code == Code::kNotFound);
  CHECK_THAT(Message(missing), Catch::Contains("w-00002-of-00002.safetensors, one of its 2 files"));
}

TEST_CASE("What is no weight file is named for what it is when weights are read", "[weights]") {
  struct Other {
    std::string bytes, reason, text;
  };
  const std::vector<Other> others = {
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "GIT_LFS_POINTER",
       "git lfs pull"},
      {"<!DOCTYPE html><html><title>Sign in</title></html>", "HTML_PAGE", "web page"},
      {"Access to model x is restricted.", "TEXT_FILE", "beginning `Access to model"},
      {"", "FILE_EMPTY", "is empty"},
      {"\x1f\x8b\x08 zipped", "ARCHIVE", "gzip"},
      {std::string("GGUF\3\0\0\0", 8), "OTHER_FORMAT", "GGUF"},
      {std::string("\x89HDF\r\n\x1a\n\0", 9), "OTHER_FORMAT", "Keras"},
      {std::string("\x08\x07\x12\x07pytorch\x1a", 12), "OTHER_FORMAT", "ONNX"},
      {std::string("\x80\x04\x95\x10\0\0\0\0\0\0\0}.", 13), "OTHER_FORMAT", "Python pickle"}};
  const TempDir dir;
  for (const Other& other : others) {
    for (const char* name : {"w.safetensors", "w.bin"}) {
      INFO(name << " " << other.reason << " " << other.text);
      const auto path = WriteFile(dir.path() / name, other.bytes);
      const auto read = ReadWeights(path);
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().reason == other.reason);
      CHECK_THAT(read.error().message, Catch::StartsWith(path.string() + ": is "));
      CHECK_THAT(read.error().message, Catch::Contains(other.text));
    }
  }
  std::ofstream(dir.path() / "gone.safetensors.part") << "x";
  const auto gone = ReadWeights(dir.path() / "gone.safetensors");
  CHECK(gone.error().code == Code::kNotFound);
  CHECK_THAT(Message(gone), Catch::Contains("an unfinished download"));
}

TEST_CASE("A safetensors file that names a tensor twice or is cut short says so", "[weights]") {
  const TempDir dir;
  const auto file = [&](const std::string& header, size_t bytes) {
    return WriteFile(dir.path() / "w.safetensors",
                     Little(header.size(), 8) + header + std::string(bytes, '\0'));
  };
  const std::string entry = R"("w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  REQUIRE(ReadWeights(file("{" + entry + "}", 8)).has_value());
  CHECK_THAT(Message(ReadWeights(file("{" + entry + "," + entry + "}", 8))),
             Catch::Contains("has `w` twice"));
  CHECK_THAT(Message(ReadWeights(file("{" + entry + "}", 5))),
             Catch::Contains("cut short by 3 bytes"));
}

TEST_CASE("Weights of half precision and of eight bits fill a network of whole precision",
          "[weights]") {
  const TempDir dir;
  for (const auto dtype :
       {at::kHalf, at::kBFloat16, at::kFloat8_e4m3fn, at::kFloat8_e5m2, at::kDouble}) {
    INFO(dtype);
    TensorMap weights;
    for (const auto& [key, tensor] : Weights("", 1.5)) weights[key] = tensor.to(dtype);
    REQUIRE(WriteSafetensors(dir.path() / "w.safetensors", weights));
    Network network;
    const auto read = ReadWeights(dir.path() / "w.safetensors");
    REQUIRE(read.has_value());
    REQUIRE(LoadStateDict(network, *read));
    CHECK(at::equal(network.out->bias, at::full({2}, 1.5f)));
  }
}

TEST_CASE("Whole numbers in the place of real ones are quantised weights, and refused",
          "[weights]") {
  TensorMap weights = Weights("", 1);
  weights["out.weight"] = weights["out.weight"].to(at::kChar);
  Network network;
  const Status status = LoadStateDict(network, weights);
  REQUIRE_FALSE(status.has_value());
  CHECK_THAT(status.error().message,
             Catch::Contains("1 of whole numbers (quantised weights are not read): out.weight"));
}

TEST_CASE("The one state dict of a trainer's checkpoint is found under any name, several are named",
          "[weights]") {
  const TempDir dir;
  const std::string dict = Dict({{"w", Tensor(Storage("0", 2), 0, {2}, {1})}}, OrderedDict());
  const auto read = [&](const std::vector<std::pair<std::string, std::string>>& items) {
    return ReadWeights(
        WriteFile(dir.path() / "w.pth", TorchBytes(Dict(items), {{"0", Floats({1, 2})}})));
  };
  for (const char* name : {"state_dict", "model", "params", "net"}) {
    INFO(name);
    const auto one =
        read({{"epoch", Whole(3)}, {name, dict}, {"optimizer", Dict({{"lr", Whole(1)}})}});
    REQUIRE(one.has_value());
    CHECK(one->size() == 1);
    CHECK(one->contains("w"));
  }
  const auto several = read({{"params", dict}, {"params_ema", dict}});
  CHECK(several.error().reason == "SEVERAL_COPIES");
  CHECK_THAT(Message(several), Catch::Contains("several state dicts, `params`, `params_ema`"));
  CHECK_THAT(Message(read({{"state_dict", dict}, {"state_dict_ema", dict}})),
             Catch::Contains("`state_dict_ema`"));
}

TEST_CASE("A TorchScript program, and a sparse tensor, are named for what they are", "[weights]") {
  const TempDir dir;
  const std::string program = Zip({{"m/data.pkl", File("}")}, {"m/constants.pkl", File(")")}});
  CHECK_THAT(Message(ReadWeights(WriteFile(dir.path() / "m.pt", program))),
             Catch::Contains("is a TorchScript program: save its state_dict()"));
  const std::string sparse =
      TorchBytes(Dict({{"w", Call(Global("torch._utils", "_rebuild_sparse_tensor"), ")")}}), {});
  CHECK_THAT(Message(ReadWeights(WriteFile(dir.path() / "s.pt", sparse))),
             Catch::Contains("`w`: hangs on torch._utils._rebuild_sparse_tensor"));
}

TEST_CASE("Eight-bit floats of torch.save() are read in their own type", "[weights]") {
  const TempDir dir;
  const std::string untyped =
      Tuple(std::vector<std::string>{Text("storage"), Global("torch.storage", "UntypedStorage"),
                                     Text("0"), Text("cpu"), Whole(2)});
  const auto tensor = [&](const std::string& dtype) {
    return Call(
        Global("torch._utils", "_rebuild_tensor_v3"),
        Tuple(std::vector<std::string>{untyped + "Q", Whole(0), Tuple(std::vector<int64_t>{2}),
                                       Tuple(std::vector<int64_t>{1}), "\x89", OrderedDict(),
                                       Global("torch", dtype)}));
  };
  const auto read = [&](const std::string& dtype) {
    return ReadWeights(WriteFile(dir.path() / "w.pt",
                                 TorchBytes(Dict({{"w", tensor(dtype)}}), {{"0", "\x38\xc0"}})));
  };
  const auto tensors = read("float8_e4m3fn");
  INFO((tensors ? "" : tensors.error().message));
  REQUIRE(tensors.has_value());
  CHECK(at::equal(tensors->at("w").to(at::kFloat), at::tensor({1.f, -2.f})));
  CHECK_THAT(Message(read("uint16")), Catch::Contains("of a type that is not read: torch.uint16"));
}

}  // namespace atelier::engine
