#include "training/evaluation/listed_data.h"

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "imaging/picture_codec.h"
#include "paint/face_file.h"
#include "system/input_file.h"

namespace atelier::training {
namespace fs = std::filesystem;
using engine::Condition;
namespace {

/// A picture of a data set is far smaller.
constexpr uintmax_t kMaxFileBytes = 256 << 20;

Result<std::string> ReadBytes(const fs::path& path) {
  return ReadWhole(path, path.string(), kMaxFileBytes);
}

Status IsThere(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return {};
  return MakeError(Code::kNotFound, "NO_SUCH_FILE", path.string() + ": no such file");
}

class FpdmListedData : public ListedData {
 public:
  explicit FpdmListedData(fs::path folder) : folder_(std::move(folder)) {}

  std::vector<Condition> conditions() const override {
    return {Condition::kSourcePicture, Condition::kKeypointPicture};
  }
  Result<engine::PaintRequest> RequestOf(const ListedPair& pair) const override {
    engine::PaintRequest request;
    ATELIER_ASSIGN_OR_RETURN(request.source, ReadPictureFile(folder_ / pair.source));
    ATELIER_ASSIGN_OR_RETURN(const fs::path pose, PoseOf(pair.target));
    ATELIER_ASSIGN_OR_RETURN(request.keypoint_picture, ReadPictureFile(pose));
    return request;
  }
  Status FindFiles(const ListedPair& pair) const override {
    ATELIER_RETURN_IF_ERROR(IsThere(folder_ / pair.source));
    ATELIER_RETURN_IF_ERROR(IsThere(TargetOf(pair)));
    const auto pose = PoseOf(pair.target);
    return pose ? Status() : Propagate(pose.error());
  }
  fs::path TargetOf(const ListedPair& pair) const override { return folder_ / pair.target; }

 private:
  Result<fs::path> PoseOf(const std::string& picture) const {
    const fs::path as_it_is = folder_ / "pose_img" / BelowPictures(picture);
    std::error_code error;
    if (fs::exists(as_it_is, error)) return as_it_is;
    for (const char* extension : {".png", ".jpg"}) {
      fs::path other = as_it_is;
      other.replace_extension(extension);
      if (fs::exists(other, error)) return other;
    }
    return MakeError(
        Code::kNotFound, "NO_SUCH_FILE",
        as_it_is.string() + " (.png or .jpg): no such file: the drawn pose of " + picture);
  }

  fs::path folder_;
};

class McldListedData : public ListedData {
 public:
  explicit McldListedData(fs::path folder) : folder_(std::move(folder)) {}

  std::vector<Condition> conditions() const override {
    return {Condition::kSourcePicture, Condition::kTextureMap, Condition::kTargetIuv,
            Condition::kFaceEmbedding};
  }
  Result<engine::PaintRequest> RequestOf(const ListedPair& pair) const override {
    engine::PaintRequest request;
    ATELIER_ASSIGN_OR_RETURN(request.source, ReadPictureFile(folder_ / "test" / pair.source));
    ATELIER_ASSIGN_OR_RETURN(request.texture_map,
                             ReadPictureFile(Beside("test_texture", pair.source, ".png")));
    const fs::path pose = Beside("test_densepose", pair.target, ".png");
    ATELIER_ASSIGN_OR_RETURN(const std::string iuv, ReadBytes(pose));
    ATELIER_ASSIGN_OR_RETURN(request.iuv, imaging::DecodeIuv(iuv, pose.string(), IuvOrder::kVui));
    const fs::path face = Beside("test_face", pair.source, ".npy");
    std::error_code error;
    if (!fs::exists(face, error)) return request;
    auto embedding = paint::ReadFaceFile(face);
    if (!embedding) return Propagate(embedding.error(), face.string());
    request.face_embedding = std::move(*embedding);
    return request;
  }
  Status FindFiles(const ListedPair& pair) const override {
    ATELIER_RETURN_IF_ERROR(IsThere(folder_ / "test" / pair.source));
    ATELIER_RETURN_IF_ERROR(IsThere(TargetOf(pair)));
    ATELIER_RETURN_IF_ERROR(IsThere(Beside("test_texture", pair.source, ".png")));
    return IsThere(Beside("test_densepose", pair.target, ".png"));
  }
  fs::path TargetOf(const ListedPair& pair) const override {
    return folder_ / "test" / pair.target;
  }

 private:
  fs::path Beside(const char* folder, const std::string& picture, const char* extension) const {
    return (folder_ / folder / picture).replace_extension(extension);
  }

  fs::path folder_;
};

}  // namespace

Result<Image> ReadPictureFile(const fs::path& path) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(path));
  return imaging::DecodePicture(bytes, path.string());
}

std::unique_ptr<ListedData> OpenListedData(ListKind kind, const fs::path& folder) {
  if (kind == ListKind::kMcld) return std::make_unique<McldListedData>(folder);
  return std::make_unique<FpdmListedData>(folder);
}

}  // namespace atelier::training
