#include "server/store/queue_order.h"

#include <algorithm>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <functional>
#include <map>
#include <utility>

namespace atelier::server {
namespace {

using Place = std::pair<int64_t, int64_t>;  // rank_ms, sequence
// libstdc++'s search tree that also counts: order_of_key() is the number of smaller keys.
using Line =
    __gnu_pbds::tree<Place, __gnu_pbds::null_type, std::less<Place>, __gnu_pbds::rb_tree_tag,
                     __gnu_pbds::tree_order_statistics_node_update>;

}  // namespace

struct QueueOrder::Lanes {
  // By model, then tenant. Empty lines are removed.
  std::map<std::string, std::map<std::string, Line>> of_model;
};

QueueOrder::QueueOrder() : lanes_(std::make_unique<Lanes>()) {}
QueueOrder::~QueueOrder() = default;

void QueueOrder::Changed(const JobRecord& job) {
  const MutexLock lock(mutex_);
  const Place place(job.rank_ms, job.sequence);
  if (job.state == JobState::kQueued) {
    lanes_->of_model[job.model][job.tenant].insert(place);
    return;
  }
  const auto model = lanes_->of_model.find(job.model);
  if (model == lanes_->of_model.end()) return;
  const auto tenant = model->second.find(job.tenant);
  if (tenant == model->second.end()) return;
  tenant->second.erase(place);
  if (tenant->second.empty()) model->second.erase(tenant);
  if (model->second.empty()) lanes_->of_model.erase(model);
}

int64_t QueueOrder::Ahead(const JobRecord& job) const {
  const MutexLock lock(mutex_);
  const auto model = lanes_->of_model.find(job.model);
  if (model == lanes_->of_model.end()) return 0;
  const auto own = model->second.find(job.tenant);
  const Place place(job.rank_ms, job.sequence);
  if (own == model->second.end() || own->second.find(place) == own->second.end()) return 0;
  const auto before = static_cast<int64_t>(own->second.order_of_key(place));
  int64_t ahead = before;
  for (const auto& [tenant, line] : model->second) {
    if (tenant == job.tenant) continue;
    ahead += std::min(static_cast<int64_t>(line.size()), before + 1);
  }
  return ahead;
}

}  // namespace atelier::server
