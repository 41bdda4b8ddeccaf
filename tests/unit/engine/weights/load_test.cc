#include "engine/weights/load.h"

#include <ATen/ATen.h>
#include <torch/nn.h>

#include <nlohmann/json.hpp>

#include "engine/models/vae.h"
#include "support/catch_torch.h"
#include "support/temp_dir.h"

namespace atelier::engine {
namespace {

struct Small : torch::nn::Module {
  Small() {
    first = register_module("first", torch::nn::Linear(3, 2));
    second = register_module("second", torch::nn::Linear(2, 2));
    count = register_buffer("count", at::zeros({1}, at::kLong));
  }
  torch::nn::Linear first{nullptr}, second{nullptr};
  at::Tensor count;
};

TensorMap Copy(const TensorMap& tensors) {
  TensorMap copy;
  for (const auto& [name, tensor] : tensors) copy[name] = tensor.clone();
  return copy;
}

TEST_CASE("One error lists every missing, extra and misshapen key, and nothing is copied",
          "[weights]") {
  Small module;
  const TensorMap before = Copy(StateDict(module));
  TensorMap tensors = Copy(before);
  tensors["second.bias"] = tensors["second.bias"] + 1;
  tensors.erase("first.weight");
  tensors["stranger"] = at::zeros({1});
  tensors["first.bias"] = at::zeros({2, 2});
  const Status status = LoadStateDict(module, tensors);
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().reason == "STATE_DICT_MISMATCH");
  CHECK_THAT(status.error().message, Catch::Contains("1 missing: first.weight"));
  CHECK_THAT(status.error().message, Catch::Contains("1 extra: stranger"));
  CHECK_THAT(status.error().message,
             Catch::Contains("1 misshapen: first.bias is [2, 2], must be [2]"));
  for (const auto& [name, tensor] : StateDict(module)) CHECK(at::equal(tensor, before.at(name)));
}

TEST_CASE("Keys that do not fit are told with the shapes of network and file", "[weights]") {
  using Kind = KeyMismatch::Kind;
  Small module;
  TensorMap tensors = Copy(StateDict(module));
  CHECK(CompareStateDict(StateDict(module), tensors).empty());
  tensors.erase("second.weight");
  tensors["first.bias"] = at::zeros({2, 2});
  tensors["stranger"] = at::zeros({5});
  const auto mismatches = CompareStateDict(StateDict(module), tensors);
  REQUIRE(mismatches.size() == 3);
  CHECK(mismatches[0].kind == Kind::kMisshapen);
  CHECK(mismatches[0].key == "first.bias");
  CHECK(mismatches[0].expected == std::vector<int64_t>{2});
  CHECK(mismatches[0].found == std::vector<int64_t>{2, 2});
  CHECK(mismatches[1].kind == Kind::kMissing);
  CHECK(mismatches[1].key == "second.weight");
  CHECK(mismatches[2].kind == Kind::kExtra);
  CHECK(mismatches[2].found == std::vector<int64_t>{5});
}

TEST_CASE("A list of wrong keys stops at twenty and counts the rest", "[weights]") {
  Small module;
  TensorMap tensors = Copy(StateDict(module));
  for (int i = 0; i < 45; ++i) tensors["x" + std::to_string(100 + i)] = at::zeros({1});
  const Status status = LoadStateDict(module, tensors);
  REQUIRE_FALSE(status.has_value());
  CHECK_THAT(status.error().message, Catch::Contains("45 extra: x100"));
  CHECK_THAT(status.error().message, Catch::EndsWith("x119 and 25 more"));
}

TEST_CASE("Weights of another dtype are converted, buffers included", "[weights]") {
  Small module;
  TensorMap tensors;
  for (const auto& [name, tensor] : StateDict(module)) {
    tensors[name] =
        at::full(tensor.sizes(), 0.5).to(tensor.is_floating_point() ? at::kHalf : at::kInt);
  }
  tensors["count"] = at::full({1}, 7, at::kInt);
  REQUIRE(LoadStateDict(module, tensors).has_value());
  CHECK(module.first->weight.scalar_type() == at::kFloat);
  CHECK(module.first->weight.eq(0.5).all().item<bool>());
  CHECK(module.count.item<int64_t>() == 7);
}

TEST_CASE("Keys under an allowed prefix may be missing or extra", "[weights]") {
  Small module;
  TensorMap tensors = Copy(StateDict(module));
  tensors.erase("second.weight");
  tensors["old.thing"] = at::zeros({1});
  CHECK_FALSE(LoadStateDict(module, tensors).has_value());
  CHECK(LoadStateDict(module, tensors,
                      {.allow_missing_prefixes = {"second."}, .allow_extra_prefixes = {"old."}})
            .has_value());
}

TEST_CASE("A later weight file overrides an earlier one", "[weights]") {
  const testing::TempDir folder;
  const auto a = folder.path() / "a.safetensors", b = folder.path() / "b.safetensors";
  REQUIRE(WriteSafetensors(a, {{"x", at::zeros({1})}, {"y", at::zeros({1})}}).has_value());
  REQUIRE(WriteSafetensors(b, {{"y", at::ones({1})}}).has_value());
  const auto tensors = ReadWeights({a, b});
  REQUIRE(tensors.has_value());
  CHECK(tensors->at("x").item<float>() == 0);
  CHECK(tensors->at("y").item<float>() == 1);
}

TEST_CASE("A VAE under diffusers' old attention key names loads after renaming", "[weights]") {
  const auto config = ParseVaeConfig(
      {{"block_out_channels", {8, 8}}, {"norm_num_groups", 4}, {"layers_per_block", 1}});
  REQUIRE(config.has_value());
  AutoencoderKL vae(*config);
  TensorMap old;
  for (const auto& [name, tensor] : StateDict(*vae)) {
    std::string key = name;
    for (const auto& [now, then] :
         std::vector<std::pair<std::string, std::string>>{{".to_q.", ".query."},
                                                          {".to_k.", ".key."},
                                                          {".to_v.", ".value."},
                                                          {".to_out.0.", ".proj_attn."}}) {
      const size_t position = key.find(now);
      if (position != std::string::npos) key.replace(position, now.size(), then);
    }
    old[key] = tensor.clone();
  }
  REQUIRE(old.contains("encoder.mid_block.attentions.0.proj_attn.weight"));
  CHECK_FALSE(LoadStateDict(*vae, old).has_value());
  CHECK(LoadStateDict(*vae, WithCurrentVaeKeys(old)).has_value());
}

TEST_CASE("A mapped file's pages are given back and read again; other memory is left alone",
          "[weights]") {
  const testing::TempDir dir;
  const at::Tensor numbers = at::arange(100000, at::kFloat);
  REQUIRE(WriteSafetensors(dir.path() / "a.safetensors", {{"numbers", numbers}}).has_value());
  const auto file = SafetensorsFile::Open(dir.path() / "a.safetensors");
  REQUIRE(file.has_value());
  const at::Tensor mapped = *file->Tensor("numbers");
  mapped.slice(0, 0, 50000).fill_(-1);
  // What was written into the private copy goes, which shows that the pages went.
  MappedFile::Release(mapped.data_ptr(), mapped.nbytes());
  CHECK(at::equal(mapped, numbers));

  const at::Tensor owned = numbers + 1;
  MappedFile::Release(owned.data_ptr(), owned.nbytes());
  CHECK(at::equal(owned, numbers + 1));
}

}  // namespace
}  // namespace atelier::engine
