#include "people/render/render.h"

#include <utility>

#include "people/render/labels.h"
#include "people/render/paint.h"
#include "people/render/posed_mesh.h"
#include "people/render/shade.h"
#include "people/render/stopwatch.h"

namespace atelier::people {

Rendering Render(const Body& body, const Person& person, const Pose& pose, const View& view,
                 const RenderOptions& options) {
  RenderTimes unused;
  RenderTimes& times = options.times != nullptr ? *options.times : unused;
  const PosedMesh posed = PoseDressed(body, person, pose, view, options);
  Stopwatch watch;
  const std::vector<Vec3> normals = VertexNormals(posed.mesh.positions, posed.mesh.triangles);
  watch.AddTo(times.pose);

  const int height = options.height * options.supersample;
  const int width = options.width * options.supersample;
  const DepthBuffer visible = DrawDressed(body, person.look, posed, height, width);
  watch.AddTo(times.raster);

  Rendering out;
  Shade({body, person.look, posed.mesh, posed.screen, normals, visible, view.scene, posed.camera},
        options, out);
  watch.AddTo(times.shade);
  Label({body, posed.mesh, posed.screen, posed.joints, posed.camera}, options, out);
  watch.AddTo(times.labels);
  return out;
}

}  // namespace atelier::people
