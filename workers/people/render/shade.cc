#include "people/render/shade.h"

#include "people/render/paint.h"

namespace atelier::people {
namespace {

// Two scales of screen-space ambient occlusion, metres.
constexpr float kNearRadius = .026f;
constexpr float kFarRadius = .067f;
constexpr float kNearDepth = .05f;
constexpr float kFarDepth = .12f;
constexpr float kInsideShade = .55f;  // of the inside of a garment
constexpr float kWallDistance = .3f;  // behind the person's middle

/// Mean depth of a neighbourhood at two scales, at output resolution.
struct DepthNeighbourhood {
  std::vector<float> near;
  std::vector<float> far;
};

DepthNeighbourhood MakeNeighbourhood(const ShadeInput& in, const RenderOptions& options) {
  const int s = options.supersample;
  const float wall = in.camera.distance() + kWallDistance;
  std::vector<float> depth(static_cast<size_t>(options.height) *
                           static_cast<size_t>(options.width));
  const float share = 1.0f / static_cast<float>(s * s);
  size_t at = 0;
  for (int y = 0; y < options.height; ++y) {
    for (int x = 0; x < options.width; ++x, ++at) {
      float sum = 0;
      for (int sy = 0; sy < s; ++sy) {
        const size_t row = static_cast<size_t>(y * s + sy) * static_cast<size_t>(in.visible.width);
        for (int sx = 0; sx < s; ++sx) {
          sum += std::min(wall, in.visible.depth[row + static_cast<size_t>(x * s + sx)]);
        }
      }
      depth[at] = sum * share;
    }
  }
  const float pixels = static_cast<float>(options.height) / in.camera.framed_height();
  const auto radius = [&](float metres, int least) {
    return std::max(least, static_cast<int>(metres * pixels));
  };
  DepthNeighbourhood out;
  out.near = BoxBlur(depth, options.height, options.width, radius(kNearRadius, 1));
  out.far = BoxBlur(depth, options.height, options.width, radius(kFarRadius, 2));
  return out;
}

class Shader {
 public:
  explicit Shader(const ShadeInput& in)
      : in_(in),
        painter_(in.body, in.look),
        half_(Unit(in.scene.light + Vec3{0, 0, 1})),
        layers_(in.mesh.triangles.size()) {
    for (const LayerRange& range : in.mesh.layers) {
      std::fill(layers_.begin() + static_cast<std::ptrdiff_t>(range.first),
                layers_.begin() + static_cast<std::ptrdiff_t>(range.last), range.layer);
    }
  }

  struct Sample {
    Vec3 colour;
    Region region;
  };

  /// REQUIRES: a triangle is visible at (x, y).
  Sample At(int x, int y, size_t at, float near_depth, float far_depth) const {
    const auto index = static_cast<size_t>(in_.visible.triangle[at]);
    const Triangle& t = in_.mesh.triangles[index];
    const auto a = static_cast<size_t>(t[0]);
    const auto b = static_cast<size_t>(t[1]);
    const auto c = static_cast<size_t>(t[2]);
    const ScreenTriangle plane(in_.screen[a], in_.screen[b], in_.screen[c]);
    const Barycentric w = plane.At(static_cast<float>(x) + .5f, static_cast<float>(y) + .5f);
    const auto& attributes = in_.body.attributes();
    const auto source = [&](size_t v) -> const Attributes& {
      return attributes[static_cast<size_t>(in_.mesh.sources[v])];
    };
    const Attributes here = Interpolate(source(a), source(b), source(c), w);
    Vec3 normal = in_.normals[a] * (1 - w.b - w.c) + in_.normals[b] * w.b + in_.normals[c] * w.c;
    const Layer layer = layers_[index];
    Surface surface = painter_.At(layer, here);
    if (layer == Layer::kSkirt || layer == Layer::kHairStrips) {
      if (normal.z < 0) normal = normal * -1;
    } else if (plane.area() > 0) {
      normal = normal * -1;
      surface.colour = surface.colour * kInsideShade;
    }
    normal = Unit(normal);
    if (surface.crease > 0) normal = Creased(normal, here, surface.crease);
    const float depth = in_.visible.depth[at];
    const float occlusion = .35f * Clamp01((depth - near_depth) / kNearDepth) +
                            .30f * Clamp01((depth - far_depth) / kFarDepth);
    // Faces are small; too much shade under hair and brows would hide what they are known by.
    const float share = surface.region == Region::kFace ? .4f : 1.0f;
    return {Lit(surface, normal, 1 - share * occlusion), surface.region};
  }

 private:
  /// Cloth creases: noise bends the normal, most at elbows, knees and the waist.
  Vec3 Creased(const Vec3& normal, const Attributes& a, float amount) const {
    const Vec3& p = a.at;
    const NoiseField& noise = in_.body.noise();
    const float wave = noise.At(p * Vec3{16, 30, 16} + in_.look.phase) +
                       .5f * noise.At(p * Vec3{40, 55, 40}) - .75f;
    float bend = 0;
    if (a.arm_weight > .5f) {
      bend = Bell(Square((a.arm - 1) / .25f));
    } else if (a.leg_weight > .5f) {
      bend = Bell(Square((a.leg - 1) / .2f));
    }
    bend += .6f * Bell(Square((p.y - .14f) / .06f)) + .5f * Bell(Square((p.y - .05f) / .04f));
    const float depth = amount * (.25f + .5f * std::min(bend, 1.0f)) * wave;
    return Unit(normal + Vec3{.25f, .7f, 0} * depth);
  }

  Vec3 Lit(const Surface& surface, const Vec3& normal, float open) const {
    const Scene& scene = in_.scene;
    const float lambert = Clamp01(Dot(normal, scene.light));
    const float sky = .75f + .25f * normal.y;
    const float shade = (scene.ambient * sky + (1.08f - scene.ambient) * lambert) * open;
    const float h2 = Square(Clamp01(Dot(normal, half_)));
    const float h8 = Square(Square(h2));
    const float shine = h8 * h8 * h8 * surface.specular * .6f;  // the 24th power
    const Vec3 c = surface.colour * shade + Vec3{shine, shine, shine};
    return {Clamp01(c.x), Clamp01(c.y), Clamp01(c.z)};
  }

  const ShadeInput& in_;
  Painter painter_;
  Vec3 half_;
  std::vector<Layer> layers_;
};

uint8_t ToByte(float v) { return static_cast<uint8_t>(Clamp01(v) * 255 + .5f); }

}  // namespace

std::vector<float> BoxBlur(const std::vector<float>& source, int height, int width, int radius) {
  const auto h = static_cast<size_t>(height);
  const auto w = static_cast<size_t>(width);
  std::vector<float> across(source.size());
  std::vector<double> sums(std::max(h, w) + 1);
  const double share = 1.0 / (2 * radius + 1);
  const auto clamp = [](int i, int count) {
    return static_cast<size_t>(std::clamp(i, 0, count - 1));
  };
  for (size_t y = 0; y < h; ++y) {
    const float* row = &source[y * w];
    double sum = 0;
    for (int i = -radius; i <= radius; ++i) sum += row[clamp(i, width)];
    for (int x = 0; x < width; ++x) {
      across[y * w + static_cast<size_t>(x)] = static_cast<float>(sum * share);
      sum += row[clamp(x + radius + 1, width)] - row[clamp(x - radius, width)];
    }
  }
  std::vector<float> out(source.size());
  std::vector<double> columns(w, 0.0);
  for (int i = -radius; i <= radius; ++i) {
    const float* row = &across[clamp(i, height) * w];
    for (size_t x = 0; x < w; ++x) columns[x] += row[x];
  }
  for (int y = 0; y < height; ++y) {
    float* to = &out[static_cast<size_t>(y) * w];
    const float* enters = &across[clamp(y + radius + 1, height) * w];
    const float* leaves = &across[clamp(y - radius, height) * w];
    for (size_t x = 0; x < w; ++x) {
      to[x] = static_cast<float>(columns[x] * share);
      columns[x] += enters[x] - leaves[x];
    }
  }
  return out;
}

void Shade(const ShadeInput& input, const RenderOptions& options, Rendering& out) {
  const int s = options.supersample;
  const int samples = s * s;
  const DepthNeighbourhood around = MakeNeighbourhood(input, options);
  const Shader shader(input);
  out.rgb = Image(options.height, options.width, 3);
  out.mask = Image(options.height, options.width, 1);
  out.regions = Image(options.height, options.width, 1);
  size_t at = 0;
  for (int y = 0; y < options.height; ++y) {
    const float height = static_cast<float>(y) / static_cast<float>(options.height - 1);
    const Vec3 wall = input.scene.background * (1.02f - .07f * height);
    for (int x = 0; x < options.width; ++x, ++at) {
      Vec3 sum;
      std::array<int, kRegionCount> votes{};
      for (int i = 0; i < samples; ++i) {
        const int sx = x * s + i % s;
        const int sy = y * s + i / s;
        const size_t sample = static_cast<size_t>(sy) * static_cast<size_t>(input.visible.width) +
                              static_cast<size_t>(sx);
        if (input.visible.triangle[sample] < 0) {
          sum += wall;
          ++votes[0];
          continue;
        }
        const Shader::Sample lit = shader.At(sx, sy, sample, around.near[at], around.far[at]);
        sum += lit.colour;
        ++votes[static_cast<size_t>(lit.region)];
      }
      const float share = 1.0f / static_cast<float>(samples);
      uint8_t* pixel = out.rgb.at(y, x);
      pixel[0] = ToByte(sum.x * share);
      pixel[1] = ToByte(sum.y * share);
      pixel[2] = ToByte(sum.z * share);
      if (votes[0] * 2 > samples) continue;
      *out.mask.at(y, x) = 255;
      const auto most = std::max_element(votes.begin() + 1, votes.end());
      *out.regions.at(y, x) = static_cast<uint8_t>(most - votes.begin());
    }
  }
}

}  // namespace atelier::people
