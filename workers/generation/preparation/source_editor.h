// SourceEditor: a person's picture edited before it is painted, for kinds of jobs that do so first.
// Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "base/image.h"
#include "base/result.h"
#include "generation/conditions/condition_reader.h"

namespace atelier::generation {

struct EditedSource {
  Image picture;
  /// For the receipt, see v1::Receipt.
  std::vector<std::string> swaps = {};
  std::string parser = {};
};

class SourceEditor {
 public:
  virtual ~SourceEditor() = default;

  /// `spec`'s base with its swaps applied, in its own pose. Errors and warnings as an edit's, its
  /// base being the field `base_field`.
  virtual Result<EditedSource> EditSource(const v1::EditSpec& spec, const std::string& base_field,
                                          const JobContext& job) = 0;
};

}  // namespace atelier::generation
