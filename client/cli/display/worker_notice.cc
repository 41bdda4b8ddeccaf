#include "client/cli/display/worker_notice.h"

#include <algorithm>

namespace atelier::cli {

std::optional<std::string> WorkerNotice::After(const v1::Job& job,
                                               const std::vector<v1::Model>& models) {
  const std::string& wanted =
      job.spec().has_edit() ? job.spec().edit().model() : job.spec().synthesis().model();
  if (job.state() != v1::JOB_STATE_QUEUED || wanted.empty()) return std::nullopt;
  const bool nobody = std::none_of(models.begin(), models.end(),
                                   [&](const v1::Model& model) { return model.name() == wanted; });
  if (nobody == nobody_) return std::nullopt;
  nobody_ = nobody;
  if (nobody) return "no worker serves " + wanted + ": " + job.name() + " waits for one";
  return "a worker serves " + wanted + " again";
}

}  // namespace atelier::cli
