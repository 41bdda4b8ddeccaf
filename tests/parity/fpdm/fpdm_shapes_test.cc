// The full-size networks of the published FPDM, key by key and shape by shape, none of them in
// memory.
#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "engine/pipelines/component_shapes.h"
#include "engine/pipelines/registry.h"
#include "parity/fpdm/fpdm_golden.h"

namespace atelier::parity {
namespace {

nlohmann::json FullShapes() {
  std::ifstream in(testing::FpdmParityFolder::Committed().root() / "full_shapes.json");
  REQUIRE(in);
  return nlohmann::json::parse(in);
}

engine::ModelFolder PublishedLayout() {
  const auto model = engine::ReadModelFolder(std::string(ATELIER_SOURCE_DIR) + "/models/fpdm");
  if (!model.has_value()) FAIL(model.error().message);
  return *model;
}

/// Keys of a checkpoint that hold what others hold as well.
bool IsAlias(const std::string& key) {
  return key.starts_with("unet.") || key.starts_with("pose_encoder.") ||
         key.starts_with("fusion_model.pose_encoder.");
}

/// Removes from `left` every key of `component`, which must be there in the same shape.
void TakeKeys(const engine::ModelFolder& model, const std::string& component,
              const std::string& prefix, const nlohmann::json& published,
              std::set<std::string>& left) {
  INFO(component);
  const auto expected = engine::ExpectedShapes(model, component);
  if (!expected.has_value()) FAIL(expected.error().message);
  int64_t parameters = 0;
  for (const auto& [key, tensor] : *expected) {
    INFO(prefix + key);
    REQUIRE(published.contains(prefix + key));
    CHECK(nlohmann::json(tensor.sizes().vec()) == published.at(prefix + key));
    parameters += tensor.numel();
    left.erase(prefix + key);
  }
  std::printf("  %-20s %4zu tensors %10lld parameters\n", component.c_str(), expected->size(),
              static_cast<long long>(parameters));
}

std::set<std::string> KeysOf(const nlohmann::json& published) {
  std::set<std::string> keys;
  for (const auto& [key, shape] : published.items())
    if (!IsAlias(key)) keys.insert(key);
  return keys;
}

}  // namespace

TEST_CASE("The layout of models/fpdm wants every key of the stage 2 checkpoint, and no other",
          "[parity]") {
  const engine::ModelFolder model = PublishedLayout();
  REQUIRE(engine::CheckConfigs(model).has_value());
  const nlohmann::json shapes = FullShapes();
  const nlohmann::json& published = shapes.at("diffusion_last");
  std::set<std::string> left = KeysOf(published);
  for (const auto& [name, component] : model.components)
    TakeKeys(model, name, name == "vae" ? "vae." : component.prefix, published, left);
  for (const std::string& key : left) UNSCOPED_INFO("only published: " << key);
  CHECK(left.empty());
}

TEST_CASE("Stage 1 of models/fpdm wants every key of the stage 1 checkpoint", "[parity]") {
  const engine::ModelFolder model = PublishedLayout();
  const nlohmann::json shapes = FullShapes();
  std::set<std::string> left = KeysOf(shapes.at("fusion_last"));
  TakeKeys(model, "image_encoder", "img_encoder.", shapes.at("fusion_last"), left);
  TakeKeys(model, "combiner", "combiner.", shapes.at("fusion_last"), left);
  CHECK(left.empty());
}

}  // namespace atelier::parity
