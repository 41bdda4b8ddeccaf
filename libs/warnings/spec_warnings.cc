#include "warnings/spec_warnings.h"

#include <string>

namespace atelier {
namespace {

std::string StepsText(int steps) {
  return std::to_string(steps) + (steps == 1 ? " step" : " steps");
}

void AddSteps(int steps, const v1::Model& model, std::vector<Warning>& warnings) {
  if (steps >= model.min_steps() && steps <= model.max_steps()) return;
  const bool few = steps < model.min_steps();
  const std::string range = model.min_steps() == model.max_steps()
                                ? StepsText(model.min_steps())
                                : std::to_string(model.min_steps()) + " to " +
                                      std::to_string(model.max_steps()) + " steps";
  warnings.push_back(
      {"STEPS_OUT_OF_RANGE", "steps",
       model.name() + " was made for " + range + ", and paints worse with " + std::to_string(steps),
       static_cast<double>(steps),
       static_cast<double>(few ? model.min_steps() : model.max_steps())});
}

// `field` is the one that asks for `count` pictures.
void AddSeed(int count, const std::string& field, int steps, const v1::Model& model,
             std::vector<Warning>& warnings) {
  if (count <= 1 || model.seed_matters() || steps != model.default_steps()) return;
  warnings.push_back({"SEED_WITHOUT_EFFECT", field,
                      model.name() + " paints the same picture from every seed at " +
                          StepsText(steps) + ": the pictures will be equal",
                      static_cast<double>(count), 1.0});
}

std::vector<Warning> WarningsOfSynthesis(const v1::SynthesisSpec& spec, const v1::Model& model) {
  std::vector<Warning> warnings;
  const int steps = spec.has_steps() ? spec.steps() : model.default_steps();
  AddSteps(steps, model, warnings);
  AddSeed(spec.image_count(), "image_count", steps, model, warnings);
  return warnings;
}

// The steps of an edit are the model's own.
std::vector<Warning> WarningsOfEdit(const v1::EditSpec& spec, const v1::Model& model) {
  std::vector<Warning> warnings;
  AddSeed(spec.variations(), "variations", model.default_steps(), model, warnings);
  return warnings;
}

// Its frames share one seed.
std::vector<Warning> WarningsOfSequence(const v1::SequenceSpec& spec, const v1::Model& model) {
  std::vector<Warning> warnings;
  AddSteps(spec.has_steps() ? spec.steps() : model.default_steps(), model, warnings);
  return warnings;
}

}  // namespace

std::vector<Warning> WarningsOfSpec(const v1::JobSpec& spec, const v1::Model& model) {
  // A worker of an earlier version said nothing of its model's steps and seeds.
  if (model.max_steps() == 0) return {};
  if (spec.has_synthesis()) return WarningsOfSynthesis(spec.synthesis(), model);
  if (spec.has_edit()) return WarningsOfEdit(spec.edit(), model);
  if (spec.has_sequence()) return WarningsOfSequence(spec.sequence(), model);
  return {};
}

}  // namespace atelier
