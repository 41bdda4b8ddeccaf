// Where the places of a view, on the body and beside it, are in another picture of a body.
//
// A surface that is fitted to a person is not quite where the cloth is: its triangles show in what
// is carried through them one by one, and cloth hangs beside it. So each segment of the body gives
// one smooth map from picture to picture, which goes on beyond the segment's outline.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/surface_view.h"
#include "edit/warp/hem.h"

namespace atelier::edit {

/// `seen`: 0..1, how surely the picture shows the same segment there, or what is beside it, and
/// nothing before it. Far outside where nothing near is seen. `samples_per_metre`: of the view.
/// `with_thighs`: the thighs move with the trunk, as what hangs over them does. `hem`: how the
/// trunk's heights differ, or null.
Places SmoothPlacesIn(const people::Body& body, const SurfaceView& view, const Person& person,
                      double samples_per_metre, bool with_thighs = false, const Hem* hem = nullptr);

}  // namespace atelier::edit
