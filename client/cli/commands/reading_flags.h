// How the pictures of a spec are read: by which estimator, which person, and whose shape is kept.
#pragma once

#include "atelier/v1/synthesis.pb.h"
#include "base/result.h"
#include "client/cli/commands/estimator_flag.h"
#include "client/cli/commands/person_flag.h"

namespace atelier::cli {

/// From flags of the same names to the fields of `spec` (SynthesisSpec, SequenceSpec).
/// INVALID_ARGUMENT: what SetPerson() says.
template <typename Flags, typename Spec>
Status SetReading(const Flags& flags, Spec& spec) {
  if (!flags.keep_shape.empty()) {
    spec.set_keep_shape(flags.keep_shape == "target" ? v1::KEEP_SHAPE_TARGET
                                                     : v1::KEEP_SHAPE_SOURCE);
  }
  spec.set_source_estimator(EstimatorOf(flags.source_estimator));
  spec.set_pose_estimator(EstimatorOf(flags.pose_estimator));
  if (!flags.source_person.empty()) {
    ATELIER_RETURN_IF_ERROR(
        SetPerson(flags.source_person, "--source-person", *spec.mutable_source_person()));
  }
  if (flags.pose_person.empty()) return {};
  return SetPerson(flags.pose_person, "--pose-person", *spec.mutable_pose_person());
}

}  // namespace atelier::cli
