// Whether anybody can paint a job that waits, said when it changes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"

namespace atelier::cli {

class WorkerNotice {
 public:
  /// What to say after `models` were found to be the ones that live workers hold: that none holds
  /// the model of `job`, once, and that one does again. Nothing for a job that does not wait.
  std::optional<std::string> After(const v1::Job& job, const std::vector<v1::Model>& models);

 private:
  bool nobody_ = false;
};

}  // namespace atelier::cli
