// PaintJob: one leased job or direct call, ready to paint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/painter.h"
#include "runtime/batch_executor.h"

namespace atelier::generation {

/// One picture is painted for each of its seeds; the first `finished` of them are painted already.
struct PaintJob : public runtime::PreparedJob {
  engine::Painter* painter = nullptr;
  /// Whether anything is painted; if not, Finish() is given an empty picture and the painter, the
  /// conditions and the options are not used.
  bool paints = true;
  /// What the pictures have in common; its seed is not used.
  engine::PaintRequest conditions;
  std::vector<uint64_t> seeds;
  size_t finished = 0;
  engine::PaintOptions options;

  /// What is painted for `seeds[index]`: the conditions with that seed. A kind whose pictures
  /// differ in more than the seed overrides it.
  virtual engine::PaintRequest RequestOf(size_t index) const {
    engine::PaintRequest request = conditions;
    request.seed = seeds[index];
    return request;
  }

  /// The result of what was painted for `seeds[index]`, e.g. larger and with the photograph's own
  /// pixels. Any thread.
  virtual Image Finish(size_t /*index*/, Image painting) const { return painting; }

  /// How the picture of `seeds[index]` was made, but for its seed.
  virtual v1::Receipt ReceiptOf(size_t /*index*/) const { return receipt; }

  /// The film of all pictures, once Finish() gave each of them, in order; without bytes: none.
  virtual Result<runtime::PaintedFilm> MakeFilm() const { return runtime::PaintedFilm(); }
};

}  // namespace atelier::generation
