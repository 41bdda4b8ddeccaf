#include "engine/nn/without_memory.h"

#include <ATen/ATen.h>
#include <torch/nn.h>

#include <thread>

#include "engine/model_folder/load_component.h"
#include "engine/pipelines/component_shapes.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"
#include "support/catch_torch.h"
#include "support/tiny_model.h"

namespace atelier::engine {
namespace {

TEST_CASE("Networks made without memory have shapes alone, and only while and where it is asked",
          "[weights]") {
  {
    const WithoutMemory without_memory;
    const torch::nn::Conv2d conv(torch::nn::Conv2dOptions(3, 100'000, 999));
    CHECK(conv->weight.is_meta());
    CHECK(conv->weight.sizes() == at::IntArrayRef({100'000, 3, 999, 999}));
    bool elsewhere = true;
    std::thread([&] { elsewhere = at::zeros({1}).is_meta(); }).join();
    CHECK_FALSE(elsewhere);
    const WithMemory with_memory;
    CHECK(at::tensor({1.0f, 2.0f}).sum().item<float>() == 3);
  }
  CHECK(at::ones({2}).sum().item<float>() == 2);
}

/// Each component's shapes against those of the network that is really made.
void CheckShapes(const std::filesystem::path& folder) {
  const auto model = ReadModelFolder(folder);
  REQUIRE(model.has_value());
  const auto networks = MakeMcldNetworks(*model);
  REQUIRE(networks.has_value());
  for (const NamedNetwork& network : networks->All()) {
    INFO(network.component);
    const auto expected = ExpectedShapes(*model, network.component);
    REQUIRE(expected.has_value());
    CHECK(CompareStateDict(*expected, StateDict(network.module)).empty());
    for (const auto& [key, tensor] : *expected) CHECK(tensor.is_meta());
  }
  CHECK(networks->All().size() == RequiredComponents(*model).size());
}

TEST_CASE("The shapes that weights must have are those of the networks that are made",
          "[weights]") {
  const testing::TinyModelFolder tiny;
  CheckShapes(tiny.path());
  CheckShapes(std::string(ATELIER_SOURCE_DIR) + "/models/atelier-mini");
}

TEST_CASE("The default model's weights fit its networks, those of perception included",
          "[weights]") {
  const auto model = ReadModelFolder(std::string(ATELIER_SOURCE_DIR) + "/models/atelier-mini");
  REQUIRE(model.has_value());
  CHECK(CheckConfigs(*model).has_value());
  CHECK(model->components.size() == 9);
  for (const auto& [name, component] : model->components) {
    INFO(name);
    const auto expected = ExpectedShapes(*model, name);
    REQUIRE(expected.has_value());
    const auto found = ReadShapes(component.weights.front());
    REQUIRE(found.has_value());
    CHECK(CompareStateDict(*expected, *found, ComponentOptions()).empty());
  }
}

TEST_CASE("A component that is not described, or badly, is named", "[weights]") {
  testing::TinyModelFolder tiny;
  tiny.model()["components"]["vae"]["config"]["layers_per_block"] = 0;
  tiny.model()["components"].erase("pose_guider");
  tiny.Write();
  const auto model = ReadModelFolder(tiny.path());
  REQUIRE(model.has_value());
  CHECK_THAT(ExpectedShapes(*model, "vae").error().message, Catch::Contains("layers_per_block"));
  CHECK_THAT(ExpectedShapes(*model, "pose_guider").error().message,
             Catch::Contains("components.pose_guider"));
  CHECK_FALSE(CheckConfigs(*model).has_value());
}

}  // namespace
}  // namespace atelier::engine
