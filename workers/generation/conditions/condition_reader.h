// ConditionReader: reads from the pictures of a spec what a model has to know of them. It fetches
// and decodes them and asks the pose and region services for what the caller wants, or takes it
// from the cache of earlier answers. Thread-safe.
//
// The source and the face picture are read at no more than kMaxConditionSide pixels on the long
// side: a painted picture has at most 1024, and the services' time grows with the area. A
// photograph whose pixels are carried over a painting is kept larger, kMaxFineSide. A pose picture
// or IUV of another aspect than the result is padded, so that the pose is not stretched.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "atelier/v1/picture.pb.h"
#include "base/result.h"
#include "base/warning.h"
#include "engine/painter.h"
#include "generation/conditions/asset_source.h"
#include "generation/conditions/conditions_cache.h"
#include "generation/conditions/perception_client.h"
#include "imaging/picture_memory.h"

namespace atelier::generation {

inline constexpr int kMaxConditionSide = 1024;
inline constexpr int kMaxFineSide = 2048;

/// An IUV picture of a spec, the chart that the spec names (empty: none), and the order in which
/// it says that the channels stand.
struct IuvPicture {
  const v1::Picture& picture;
  /// The spec's field, for errors and warnings.
  std::string field;
  std::string chart;
  v1::IuvChannels channels = v1::IUV_CHANNELS_UNSPECIFIED;
};

/// What a picture of a person has to show.
enum class MustShow {
  /// A body. NO_PERSON, and it is an error that no estimator gives an IUV in the model's chart.
  kBody,
  /// A face: a detector may find it where no body is seen.
  kFace,
  /// Nothing: what is not seen stays empty.
  kNothing,
};

/// A picture of a person to be read. Of texture, face and body nothing is looked for that is not
/// wanted; with none of them no service is asked.
struct PersonPicture {
  const v1::Picture& picture;
  /// The spec's field, for errors and warnings.
  std::string field;
  /// The person's body parts; null: the pose service reads them.
  const IuvPicture* iuv = nullptr;
  /// How it does.
  PoseReading reading = {};
  bool wants_texture = true;
  bool wants_face = true;
  /// Whether the fitted body is wanted. It comes with texture and face, too.
  bool wants_body = false;
  MustShow must_show = MustShow::kBody;
};

/// What one job is prepared with: its model, when to give up, and where its warnings go.
struct JobContext {
  const engine::ModelInfo& model;
  std::stop_token stop;
  std::vector<Warning>& warnings;
  /// What lets it fetch pictures.
  LeaseOfJob lease = {};
};

/// A service's error about a picture, with the spec's field that gave the picture.
Unexpected AboutPicture(const std::string& field, const Error& service_error);

/// `reading` of a picture that was scaled by `scale` and then moved by (x, y) pixels.
PoseReading MovedReading(PoseReading reading, double scale, double x, double y);

/// Errors of every call name the spec's field. INVALID_ARGUMENT; NOT_FOUND (asset, UNKNOWN_MODEL);
/// FAILED_PRECONDITION: NO_PERSON, IUV_CHART; UNAVAILABLE, DEADLINE_EXCEEDED.
class ConditionReader {
 public:
  /// References must outlive the reader. `fitter` has the body that the pose service fits; null:
  /// nothing is carried from photographs. Pictures are decoded within `memory`; null: at once.
  ConditionReader(AssetSource& assets, Perception& perception, ConditionsCache& cache,
                  const people::BodyFitter* fitter = nullptr,
                  imaging::PictureMemory* memory = nullptr)
      : assets_(assets), perception_(perception), cache_(cache), fitter_(fitter), memory_(memory) {}

  using SharedConditions = std::shared_ptr<const Conditions>;

  /// The picture and, as far as `person` wants them, its texture map in the model's layout and its
  /// face by the model's face network.
  Result<SharedConditions> ReadPerson(const PersonPicture& person, const JobContext& job);

  /// `parts` of the pose of the person in a picture, for a result of `height` x `width` pixels: the
  /// conditions' iuv, keypoint_picture and body. `field` is the spec's.
  Result<SharedConditions> ReadPose(const v1::Picture& picture, const std::string& field,
                                    const PoseReading& reading, const PoseParts& parts, int height,
                                    int width, const JobContext& job);

  /// The same of a frame of a film, which is kept under `frame_key`, a text of its own for each
  /// frame. No warnings are added: they are in the conditions.
  Result<SharedConditions> ReadFrame(const Image& frame, const std::string& frame_key,
                                     const std::string& field, const PoseReading& reading,
                                     const PoseParts& parts, int height, int width,
                                     const JobContext& job);
  /// What was kept of such a frame; null: nothing.
  SharedConditions FindFrame(const std::string& frame_key);

  /// An IUV picture that the spec brings, of its own size.
  Result<Image> ReadIuv(const IuvPicture& iuv, const JobContext& job);

  /// imaging::DecodePicture(), once there is memory for it.
  Result<Image> Decode(std::string_view bytes, std::string_view field, int longest,
                       const JobContext& job);

  /// What conditions are kept under: the key of a picture, by which networks it was read.
  std::string WithNetworks(const std::string& key) const {
    return key + ":" + perception_.Networks();
  }
  /// Keeps them unless the networks changed since `key` was made: who read what is not known then.
  void Keep(const std::string& key, const std::string& key_with_networks,
            SharedConditions conditions);

  /// The bytes of a picture.
  Result<std::string> Bytes(const v1::Picture& picture, std::string_view field,
                            const JobContext& job);

 private:
  using Memory = imaging::PictureMemory::Share;

  /// A picture file and, where one comes with it, its IUV.
  struct Files {
    std::string picture;
    std::string iuv;
  };

  /// The pose of the person in `picture`, which was reduced by `scale` and is at most
  /// kMaxConditionSide pixels on the long side.
  Result<SharedConditions> EstimatePose(Image picture, double scale, const std::string& field,
                                        const PoseReading& reading, const PoseParts& parts,
                                        int height, int width, const JobContext& job);
  Result<Memory> TakeMemory(int64_t bytes, const JobContext& job);
  Result<SharedConditions> ReadPersonAnew(const PersonPicture& person, const JobContext& job);
  Result<Image> DecodeIuv(const IuvPicture& iuv, const std::string& png, const JobContext& job);
  Result<PoseEstimate> ReadPersonPose(const PersonPicture& person, const Files& files,
                                      const Image& whole, int whole_width, const JobContext& job,
                                      Conditions& conditions);
  Status AddRegions(const RegionSubject& subject, const RegionParts& parts,
                    const PersonPicture& person, const JobContext& job, Conditions& conditions);

  AssetSource& assets_;
  Perception& perception_;
  ConditionsCache& cache_;
  const people::BodyFitter* const fitter_;
  imaging::PictureMemory* const memory_;
};

}  // namespace atelier::generation
