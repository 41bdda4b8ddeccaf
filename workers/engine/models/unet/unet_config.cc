#include "engine/models/unet/unet_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

namespace atelier::engine {
namespace {

Result<std::vector<bool>> ParseBlockTypes(const nlohmann::json& json, const char* key,
                                          const std::string& plain, const std::string& attention) {
  std::vector<bool> result;
  for (const auto& type : json.at(key)) {
    const auto& name = type.get_ref<const std::string&>();
    if (name != plain && name != attention)
      return InvalidField(key, "a list of " + plain + " and " + attention, name);
    result.push_back(name == attention);
  }
  return result;
}

Result<std::vector<int64_t>> ParseHeads(const nlohmann::json& json, size_t levels) {
  const auto& heads = json.at("attention_head_dim");
  if (heads.is_number_integer()) return std::vector<int64_t>(levels, heads.get<int64_t>());
  auto list = heads.get<std::vector<int64_t>>();
  if (list.size() != levels)
    return InvalidField("attention_head_dim", "one number, or one per level", heads.dump());
  return list;
}

Status CheckSizes(const UNetConfig& config) {
  if (config.layers_per_block < 1)
    return InvalidField("layers_per_block", "at least 1", std::to_string(config.layers_per_block));
  for (size_t i = 0; i < config.block_out_channels.size(); ++i) {
    const int64_t channels = config.block_out_channels[i];
    if (channels < 1 || config.norm_num_groups < 1 || channels % config.norm_num_groups != 0)
      return InvalidField("block_out_channels", "multiples of norm_num_groups",
                          std::to_string(channels));
    if (config.heads[i] < 1 || channels % config.heads[i] != 0)
      return InvalidField("attention_head_dim", "a number of heads that divides the channels",
                          std::to_string(config.heads[i]));
  }
  if (config.block_out_channels.front() % 2 != 0)
    return InvalidField("block_out_channels", "even at the first level",
                        std::to_string(config.block_out_channels.front()));
  return {};
}

Status ParseClassEmbedding(const nlohmann::json& json, UNetConfig& config) {
  const auto type = json.find("class_embed_type");
  if (type == json.end() || type->is_null()) return {};
  if (type->get<std::string>() != "mlp")
    return InvalidField("class_embed_type", "null or mlp", type->dump());
  config.class_embedding_dim = json.at("projection_class_embeddings_input_dim").get<int64_t>();
  config.class_embedding_hidden =
      json.value("class_embedding_hidden", config.class_embedding_hidden);
  if (config.class_embedding_dim < 1)
    return InvalidField("projection_class_embeddings_input_dim", "at least 1",
                        std::to_string(config.class_embedding_dim));
  if (config.class_embedding_hidden < 1)
    return InvalidField("class_embedding_hidden", "at least 1",
                        std::to_string(config.class_embedding_hidden));
  return {};
}

Result<UNetConfig> Parse(const nlohmann::json& json) {
  UNetConfig config;
  config.in_channels = json.value("in_channels", config.in_channels);
  config.out_channels = json.value("out_channels", config.out_channels);
  config.extra_in_channels = json.value("extra_in_channels", config.extra_in_channels);
  config.block_out_channels = json.at("block_out_channels").get<std::vector<int64_t>>();
  const size_t levels = config.block_out_channels.size();
  if (levels < 1) return InvalidField("block_out_channels", "at least one number", "[]");

  ATELIER_ASSIGN_OR_RETURN(
      config.attention,
      ParseBlockTypes(json, "down_block_types", "DownBlock2D", "CrossAttnDownBlock2D"));
  ATELIER_ASSIGN_OR_RETURN(
      auto up, ParseBlockTypes(json, "up_block_types", "UpBlock2D", "CrossAttnUpBlock2D"));
  std::reverse(up.begin(), up.end());
  if (config.attention.size() != levels || up != config.attention)
    return InvalidField("up_block_types", "down_block_types mirrored, one per level",
                        json.at("up_block_types").dump());

  ATELIER_ASSIGN_OR_RETURN(config.heads, ParseHeads(json, levels));
  config.layers_per_block = json.value("layers_per_block", config.layers_per_block);
  config.cross_attention_dim = json.at("cross_attention_dim").get<int64_t>();
  config.norm_num_groups = json.value("norm_num_groups", config.norm_num_groups);
  config.norm_eps = json.value("norm_eps", config.norm_eps);
  config.is_reference = json.value("is_reference", false);
  config.face_tokens = json.value("face_tokens", int64_t{0});
  config.face_scale = json.value("ip_adapter_scale", 1.0);
  config.use_linear_projection = json.value("use_linear_projection", false);
  ATELIER_RETURN_IF_ERROR(ParseClassEmbedding(json, config));
  ATELIER_RETURN_IF_ERROR(CheckSizes(config));
  return config;
}

}  // namespace

Result<UNetConfig> ParseUNetConfig(const nlohmann::json& json) {
  // Seam: nlohmann-json throws on a missing key or a wrong type.
  try {
    return Parse(json);
  } catch (const nlohmann::json::exception& error) {
    return MakeError(Code::kInvalidArgument, "BAD_UNET_CONFIG", error.what());
  }
}

}  // namespace atelier::engine
