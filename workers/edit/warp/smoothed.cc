#include "edit/warp/smoothed.h"

namespace atelier::edit {

std::vector<float> Smoothed(const people::Body& body, std::vector<float> values, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    std::vector<float> sum(values.size(), 0), count(values.size(), 0);
    for (const people::Triangle& t : body.skin()) {
      for (size_t k = 0; k < 3; ++k) {
        const auto own = static_cast<size_t>(t[k]);
        for (const size_t other :
             {static_cast<size_t>(t[(k + 1) % 3]), static_cast<size_t>(t[(k + 2) % 3])}) {
          sum[own] += values[other];
          count[own] += 1;
        }
      }
    }
    for (size_t v = 0; v < values.size(); ++v) {
      if (count[v] > 0) values[v] = .5f * values[v] + .5f * sum[v] / count[v];
    }
  }
  return values;
}

}  // namespace atelier::edit
