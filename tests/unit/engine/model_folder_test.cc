#include "engine/model_folder/model_folder.h"

#include "engine/pipelines/registry.h"
#include "support/catch_torch.h"
#include "support/temp_dir.h"
#include "support/write_file.h"

namespace atelier::engine {
namespace {

using testing::TempDir;
using testing::WriteFile;

nlohmann::json Good() {
  return nlohmann::json::parse(R"({
    "name": "small", "description": "d", "pipeline": "mcld", "height": 256, "width": 176,
    "components": {
      "vae": {"weights": "vae.safetensors", "config": "vae/config.json"},
      "denoising_unet": {"weights": ["base.safetensors", "mcld/unet.safetensors"]},
      "face_resampler": {"weights": "r.safetensors", "config": {"embedding_dim": 128}}
    },
    "conditioning": {"texture_layout": "atlas", "texture_height": 192, "texture_width": 288,
                     "iuv_encoding": "one_hot", "texture_warp": {"latents": true}},
    "scheduler": {"beta_schedule": "scaled_linear"},
    "defaults": {"steps": 12, "guidance": 2.0, "scheduler": "ddim"}
  })");
}

Result<ModelFolder> Read(const nlohmann::json& json) {
  const TempDir folder;
  WriteFile(folder.path() / "model.json", json.dump());
  std::filesystem::create_directory(folder.path() / "vae");
  WriteFile(folder.path() / "vae/config.json", R"({"latent_channels": 8})");
  return ReadModelFolder(folder.path());
}

TEST_CASE("A model folder is read with its files' places and its configs", "[weights]") {
  const auto model = Read(Good());
  REQUIRE(model.has_value());
  CHECK(model->info.name == "small");
  CHECK(model->info.default_steps == 12);
  CHECK(model->info.texture_width == 288);
  CHECK(model->info.face_embedding_size == 128);
  CHECK(model->conditioning.warp_latents);
  CHECK_FALSE(model->conditioning.warp_pose_guider);
  CHECK(model->conditioning.latent_scale == 0.18215);
  CHECK(model->components.at("vae").config.at("latent_channels") == 8);
  const auto unet = model->Component("denoising_unet");
  REQUIRE(unet.has_value());
  REQUIRE((*unet)->weights.size() == 2);
  CHECK((*unet)->weights[1] == model->folder / "mcld/unet.safetensors");
  CHECK(model->Component("face_network").error().field == "components.face_network");
}

TEST_CASE("A model reads the chart that it names, or the usual one of its texture layout",
          "[weights]") {
  nlohmann::json json = Good();
  CHECK(Read(json)->info.iuv_chart == "atelier");
  json["conditioning"]["iuv_chart"] = "densepose";
  CHECK(Read(json)->info.iuv_chart == "densepose");
  json["conditioning"] = {{"texture_layout", "smpl"}};
  CHECK(Read(json)->info.iuv_chart == "densepose");
  // Without any conditioning a model is as the published ones are.
  json.erase("conditioning");
  CHECK(Read(json)->info.iuv_chart == "densepose");
}

TEST_CASE("Every bad, missing or unknown key of model.json is named", "[weights]") {
  const auto refused = [](const std::string& pointer, const nlohmann::json& value,
                          const std::string& field) {
    nlohmann::json json = Good();
    const nlohmann::json::json_pointer place(pointer);
    if (value.is_null()) {
      json[place.parent_pointer()].erase(place.back());
    } else {
      json[place] = value;
    }
    const auto model = Read(json);
    INFO(pointer << " = " << value.dump());
    REQUIRE_FALSE(model.has_value());
    CHECK(model.error().code == Code::kInvalidArgument);
    CHECK(model.error().field == field);
  };
  refused("/name", nullptr, "name");
  refused("/components", nullptr, "components");
  refused("/pipeline", "other", "pipeline");
  refused("/height", 100, "height");
  refused("/height", "tall", "height");
  refused("/width", 1e300, "width");
  refused("/colour", 3, "colour");
  refused("/components/unet", {{"weights", "x"}}, "components.unet");
  refused("/components/vae/weights", nullptr, "components.vae.weights");
  refused("/components/vae/weights", 3, "components.vae.weights");
  refused("/components/vae/weights", nlohmann::json::array(), "components.vae.weights");
  refused("/components/vae/weights", "/etc/passwd", "components.vae.weights");
  refused("/components/vae/weights", "../x.safetensors", "components.vae.weights");
  refused("/components/vae/weights", "a/../../x.safetensors", "components.vae.weights");
  refused("/components/vae/config", "../config.json", "components.vae.config");
  refused("/components/vae/wieghts", "x", "components.vae.wieghts");
  refused("/conditioning/iuv_encoding", "rgb", "conditioning.iuv_encoding");
  refused("/conditioning/clip_input", "fit", "conditioning.clip_input");
  refused("/conditioning/iuv_chart", "smpl", "conditioning.iuv_chart");
  refused("/conditioning/texture_width", 280, "conditioning.texture_width");
  refused("/conditioning/smpl_layout", "smpl.png", "conditioning.smpl_layout");
  refused("/conditioning/texture_warp/latent", true, "conditioning.texture_warp.latent");
  refused("/conditioning/texture_warp/prior_deviation", -1,
          "conditioning.texture_warp.prior_deviation");
  refused("/conditioning/texture_warp", {{"pose_guider", true}, {"prior_deviation", 1}},
          "conditioning.texture_warp.prior_deviation");
  refused("/scheduler/beta_schedule", "cosine", "scheduler.beta_schedule");
  refused("/defaults/steps", 0, "defaults.steps");
  refused("/defaults/guidance", 0.5, "defaults.guidance");
  refused("/steps", {{"min", 3}, {"max", 2}}, "steps.max");
  refused("/steps", {{"least", 3}}, "steps.least");
  refused("/seed_matters", "no", "seed_matters");
}

TEST_CASE("What model.json leaves out is as published, but for the chart of another texture layout",
          "[weights]") {
  nlohmann::json json = Good();
  auto model = Read(json);
  REQUIRE(model.has_value());
  CHECK(model->conditioning.clip_input == "crop");
  CHECK(model->info.iuv_chart == "atelier");
  CHECK(model->info.seed_matters);
  CHECK(model->info.min_steps == 1);
  CHECK(model->info.max_steps == 1000);
  json.erase("conditioning");
  model = Read(json);
  REQUIRE(model.has_value());
  CHECK(model->conditioning.texture_layout == "smpl");
  CHECK(model->info.iuv_chart == "densepose");
}

TEST_CASE("The two models that come with Atelier say what their image encoder reads", "[weights]") {
  const std::filesystem::path models = std::filesystem::path(ATELIER_SOURCE_DIR) / "models";
  const auto mini = ReadModelFolder(models / "atelier-mini");
  const auto mcld = ReadModelFolder(models / "mcld");
  REQUIRE(mini.has_value());
  REQUIRE(mcld.has_value());
  // Trained on squashed pictures and an atlas that is wider than tall.
  CHECK(mini->conditioning.clip_input == "squash");
  CHECK(mcld->conditioning.clip_input == "crop");
}

TEST_CASE("A folder without model.json is not found, and one that is no JSON is refused",
          "[weights]") {
  const TempDir folder;
  CHECK(ReadModelInfo(folder.path()).error().code == Code::kNotFound);
  WriteFile(folder.path() / "model.json", "{\"name\": ");
  CHECK(ReadModelInfo(folder.path()).error().reason == "BAD_JSON");
}

}  // namespace
}  // namespace atelier::engine
