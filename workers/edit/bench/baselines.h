// What an edit has to beat: the donor's texture laid over the base by the parts of their bodies.
#pragma once

#include "edit/bench/bench_case.h"

namespace atelier::edit {

/// The base's picture; wherever its true IUV shows a part of the body that belongs to the region,
/// the donor's texture.
Image NaivePaste(const BenchPerson& base, const BenchPerson& donor, BenchRegion region);

/// The texture of the base with the donor's parts, laid over the target's true IUV on the colour of
/// the base's wall.
Image NaiveRepose(const BenchPerson& base, const BenchPerson& donor, const BenchPerson& target,
                  BenchRegion region);

}  // namespace atelier::edit
