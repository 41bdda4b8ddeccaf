#include "generation/preparation/painter_set.h"

#include "base/named_models.h"

namespace atelier::generation {
namespace {

v1::Condition MessageOf(engine::Condition condition) {
  switch (condition) {
    case engine::Condition::kSourcePicture:
      return v1::CONDITION_SOURCE_PICTURE;
    case engine::Condition::kTextureMap:
      return v1::CONDITION_TEXTURE_MAP;
    case engine::Condition::kTargetIuv:
      return v1::CONDITION_TARGET_IUV;
    case engine::Condition::kKeypointPicture:
      return v1::CONDITION_KEYPOINT_PICTURE;
    case engine::Condition::kFaceEmbedding:
      return v1::CONDITION_FACE_EMBEDDING;
  }
  return v1::CONDITION_UNSPECIFIED;
}

}  // namespace

v1::Model DescribeModel(const engine::ModelInfo& info) {
  v1::Model model;
  model.set_name(ModelResource(info.name));
  model.set_description(info.description);
  model.set_pipeline(info.pipeline);
  model.set_height(info.height);
  model.set_width(info.width);
  model.set_default_steps(info.default_steps);
  model.set_default_guidance(info.default_guidance);
  model.set_default_scheduler(info.default_scheduler);
  model.mutable_schedulers()->Assign(info.schedulers.begin(), info.schedulers.end());
  if (info.Reads(engine::Condition::kTextureMap)) {
    model.set_texture_layout(info.texture_layout);
    model.set_texture_height(info.texture_height);
    model.set_texture_width(info.texture_width);
  }
  model.set_iuv_chart(info.iuv_chart);
  model.set_seed_matters(info.seed_matters);
  model.set_min_steps(info.min_steps);
  model.set_max_steps(info.max_steps);
  model.set_detail_pass(info.detail_pass);
  for (const engine::Condition condition : info.conditions) {
    model.add_conditions(MessageOf(condition));
  }
  return model;
}

Status PainterSet::Add(std::unique_ptr<engine::Painter> painter, std::string sha256) {
  const std::string name = ModelResource(painter->info().name);
  if (by_name_.contains(name)) return ModelNameTaken(name);
  by_name_[name] = {std::move(painter), std::move(sha256)};
  return {};
}

Result<engine::Painter*> PainterSet::Find(const std::string& name) const {
  if (name.empty() && by_name_.size() == 1) return by_name_.begin()->second.painter.get();
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return found->second.painter.get();
  std::vector<std::string> names;
  for (const auto& [known, held] : by_name_) names.push_back(known);
  return UnknownModel(name, names);
}

std::string PainterSet::Sha256Of(const engine::Painter& painter) const {
  const auto found = by_name_.find(ModelResource(painter.info().name));
  return found == by_name_.end() ? std::string() : found->second.sha256;
}

std::vector<v1::Model> PainterSet::Describe() const {
  std::vector<v1::Model> models;
  for (const auto& [name, held] : by_name_) {
    models.push_back(DescribeModel(held.painter->info()));
    models.back().set_sha256(held.sha256);
  }
  return models;
}

}  // namespace atelier::generation
