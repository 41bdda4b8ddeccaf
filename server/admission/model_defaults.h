// What a spec that is painted by a model leaves open and the model says.
#pragma once

#include <optional>

#include "atelier/v1/model.pb.h"

namespace atelier::server {

/// Fills height, width, steps, guidance and scheduler of `spec` (SynthesisSpec, SequenceSpec). What
/// the model does not say, or while no worker ever told, the worker fills in.
template <typename Spec>
void FillModelDefaults(const std::optional<v1::Model>& model, Spec& spec) {
  if (!model) return;
  if (!spec.has_height() && model->height() > 0) spec.set_height(model->height());
  if (!spec.has_width() && model->width() > 0) spec.set_width(model->width());
  if (!spec.has_steps() && model->default_steps() > 0) spec.set_steps(model->default_steps());
  if (!spec.has_guidance() && model->default_guidance() > 0) {
    spec.set_guidance(model->default_guidance());
  }
  if (spec.scheduler().empty()) spec.set_scheduler(model->default_scheduler());
}

}  // namespace atelier::server
