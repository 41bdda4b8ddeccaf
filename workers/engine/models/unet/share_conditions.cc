#include "engine/models/unet/share_conditions.h"

namespace atelier::engine {
namespace {

torch::Tensor Shared(const torch::Tensor& x, int64_t rows) {
  if (!x.defined() || x.size(0) != 1) return x;
  return x.expand({rows, -1, -1});
}

KeyValue Shared(const KeyValue& x, int64_t rows) {
  return {Shared(x.key, rows), Shared(x.value, rows)};
}

}  // namespace

PreparedConditions ShareAmong(PreparedConditions prepared, int64_t rows) {
  for (BlockConditions& block : prepared.blocks) {
    block.tokens = Shared(block.tokens, rows);
    block.face = Shared(block.face, rows);
    block.reference = Shared(block.reference, rows);
  }
  return prepared;
}

}  // namespace atelier::engine
