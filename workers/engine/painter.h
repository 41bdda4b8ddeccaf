// Painter: a loaded person-image model, as the rest of Atelier sees it. No LibTorch in this header.
//
// Load once, paint many. Paint() may be called from one thread at a time; a Painter may move
// between threads. The same request and options give the same picture whatever batch it is painted
// in, on one device type, to within one grey level: matrix kernels block their sums by row count.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "engine/texture/texture_map.h"

namespace atelier::engine {

/// What a pipeline may read of a request. Everything else of a PaintRequest may stay empty.
enum class Condition {
  kSourcePicture,
  kTextureMap,
  kTargetIuv,
  kKeypointPicture,
  kFaceEmbedding,
};

/// What a model is and what it expects; read from its model.json.
struct ModelInfo {
  std::string name;
  std::string description;
  /// The pipeline that paints with it, e.g. "mcld" (engine/pipelines/registry.h).
  std::string pipeline;
  /// What its pipeline reads of a request, each once.
  std::vector<Condition> conditions;
  /// Pixels of a picture it paints by default.
  int height = 0;
  int width = 0;
  /// "atlas": the 24-part atlas itself; "smpl": the 512x512 SMPL layout MCLD was trained on.
  std::string texture_layout;
  int texture_height = 0;
  int texture_width = 0;
  /// Files that say how the "smpl" layout is made (perception/texture/published_texture.h); empty
  /// when model.json names none.
  std::filesystem::path texture_charts;
  std::filesystem::path smpl_layout;
  /// Chart of the IUV pictures it reads: "atelier" (people/body/iuv_chart.h) or "densepose" (the
  /// published checkpoints and DensePose's own exports). The two put different numbers on the same
  /// spot of a body.
  std::string iuv_chart;
  /// Width of the face embedding it reads.
  int face_embedding_size = 0;
  int default_steps = 20;
  double default_guidance = 3.5;
  std::string default_scheduler;
  /// Names PaintOptions::scheduler may take.
  std::vector<std::string> schedulers;
  /// Denoising steps it was made for; others paint worse pictures.
  int min_steps = 1;
  int max_steps = 1000;
  /// Whether two seeds give two pictures at default_steps.
  bool seed_matters = true;
  /// Whether a photograph's own pixels are to be laid over what it paints.
  bool detail_pass = false;

  /// Whether `condition` is among `conditions`.
  bool Reads(Condition condition) const;
};

/// Reads `model_folder`/model.json alone: no weights, milliseconds. NOT_FOUND without the file;
/// INVALID_ARGUMENT names the key that is bad, a pipeline that is not known included.
Result<ModelInfo> ReadModelInfo(const std::filesystem::path& model_folder);

struct PainterOptions {
  /// "cpu", "cuda" or "cuda:N".
  std::string device = "cpu";
  /// "float32", "bfloat16", or on CUDA also "tf32" or "float16": engine/nn/number_format.h says
  /// what each means.
  std::string dtype = "float32";
  /// Threads of the CPU kernels; 0 = one per core.
  int threads = 0;
};

/// The conditions of one picture, of which a model reads ModelInfo::conditions and passes over the
/// rest. Every Image is RGB unless said otherwise.
struct PaintRequest {
  /// The person, any size.
  Image source;
  /// The person's texture map, ModelInfo's texture size and layout.
  Image texture_map;
  /// One channel, the texture map's size: 255 seen, 128 mirrored, 51 guessed, 0 nothing. Empty: 255
  /// wherever the texture map is not black. A model with a texture completion paints by its own
  /// guess wherever this is not 255.
  Image texture_validity;
  /// Target pose: (I, U, V), any size; resized to the picture's by nearest pixel.
  Image iuv;
  /// Target pose: the keypoints' skeleton drawn on black, any size.
  Image keypoint_picture;
  /// The source's face, ModelInfo::face_embedding_size numbers; empty = no face seen.
  std::vector<float> face_embedding;
  /// Seeds the noise as PyTorch's CPU generator does.
  uint64_t seed = 0;
  /// A preview of this picture every so many steps; 0 = none. Not set: PaintOptions' own.
  std::optional<int> preview_every;
};

struct PaintOptions {
  /// Unset values take the model's defaults. Height and width must be multiples of 8.
  std::optional<int> height, width;
  std::optional<int> steps;        // 1..1000
  std::optional<double> guidance;  // 1..30; 1 = no guidance, half the time
  /// One of ModelInfo::schedulers; empty = the model's default.
  std::string scheduler;
  /// A preview picture every so many steps, of the requests that say nothing themselves; 0 = none.
  int preview_every = 0;
};

/// State after one denoising step.
struct PaintStep {
  int step = 0;  // 1..steps
  int steps = 0;
  double seconds = 0;
  /// One small picture per request when this step has previews, else empty. That of a request which
  /// has none at this step is empty.
  std::vector<Image> previews;
};

/// Returns false to cancel; Paint() then returns CANCELLED before the next step.
using StepCallback = std::function<bool(const PaintStep&)>;

class Painter {
 public:
  /// Reads the model folder's weights. NOT_FOUND, INVALID_ARGUMENT or DATA_LOSS say what is wrong
  /// with the folder; FAILED_PRECONDITION when the device is not there.
  static Result<std::unique_ptr<Painter>> Load(const std::filesystem::path& model_folder,
                                               const PainterOptions& options);
  virtual ~Painter() = default;

  virtual const ModelInfo& info() const = 0;

  /// The texture map that Paint() works from, given a request's: where the model has a texture
  /// completion, texels that were not seen are its guess. REQUIRES: ModelInfo's texture size.
  virtual TextureMap CompleteTexture(const TextureMap& texture) const { return texture; }

  /// Paints one RGB picture per request. INVALID_ARGUMENT names the offending field;
  /// RESOURCE_EXHAUSTED when the device's memory does not hold the batch; CANCELLED.
  virtual Result<std::vector<Image>> Paint(std::span<const PaintRequest> requests,
                                           const PaintOptions& options,
                                           const StepCallback& on_step) = 0;
};

}  // namespace atelier::engine
