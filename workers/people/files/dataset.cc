#include "people/files/dataset.h"

#include <cstdio>

#include "people/files/png_writer.h"
#include "people/render/masks.h"

namespace atelier::people {
namespace {

constexpr std::array<const char*, kPoseKindCount> kPoseNames = {
    "any", "stand", "hand_on_hip", "walk", "raise", "pocket", "crossed", "wave", "free"};
constexpr std::array<const char*, 4> kCropNames = {"any", "full", "knee", "upper"};

template <typename... Values>
std::string Format(const char* pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

}  // namespace

std::string DescribeSample(const Rendering& rendering, const Pose& pose, const View& view,
                           uint64_t seed) {
  std::string out =
      Format("{\"seed\": %llu, \"pose\": \"%s\", \"crop\": \"%s\", \"yaw\": %.2f,\n",
             static_cast<unsigned long long>(seed), kPoseNames[static_cast<size_t>(pose.kind)],
             kCropNames[static_cast<size_t>(view.crop)], view.yaw);
  out += " \"keypoints\": {";
  for (size_t i = 0; i < kKeypointCount; ++i) {
    const Keypoint& k = rendering.keypoints[i];
    out += Format("%s\"%s\": [%.2f, %.2f, %.1f]", i == 0 ? "" : ", ", kKeypointNames[i].data(), k.x,
                  k.y, k.confidence);
  }
  const Box& f = rendering.face;
  out += Format("},\n \"face\": [%.2f, %.2f, %.2f, %.2f], \"face_visible\": %s,\n", f.left, f.top,
                f.right, f.bottom, rendering.face_visible ? "true" : "false");
  const Scene& scene = view.scene;
  out += Format(" \"background\": [%.4f, %.4f, %.4f], \"light\": [%.4f, %.4f, %.4f], ",
                scene.background.x, scene.background.y, scene.background.z, scene.light.x,
                scene.light.y, scene.light.z);
  out += Format("\"ambient\": %.4f,\n \"regions\": [", scene.ambient);
  for (const std::string_view name : kRegionNames) {
    out += Format("%s\"%s\"", name == kRegionNames[0] ? "" : ", ", name.data());
  }
  return out + "]}\n";
}

Status WriteSample(const Body& body, uint64_t seed, int index, const RenderOptions& options,
                   const std::filesystem::path& folder) {
  const Pose pose = SamplePose(seed);
  const View view = SampleView(seed);
  const Rendering r = Render(body, SamplePerson(body, seed), pose, view, options);
  const std::string stem = Format("%06d", index);
  ATELIER_RETURN_IF_ERROR(WriteImage(r.rgb, folder / (stem + "_rgb.png")));
  ATELIER_RETURN_IF_ERROR(WriteIuv(r.iuv, folder / (stem + "_iuv.png")));
  ATELIER_RETURN_IF_ERROR(WriteImage(r.mask, folder / (stem + "_mask.png")));
  ATELIER_RETURN_IF_ERROR(WriteImage(r.regions, folder / (stem + "_regions.png")));
  const std::string json = DescribeSample(r, pose, view, seed);
  return WriteFile({reinterpret_cast<const uint8_t*>(json.data()), json.size()},
                   folder / (stem + ".json"));
}

std::vector<Example> MakeExamples(const Body& body) {
  struct Entry {
    const char* folder;
    const char* name;
    uint64_t person_seed;
    PoseKind kind;
    uint64_t pose_seed;
    double yaw;
  };
  static constexpr Entry kEntries[] = {
      {"people", "ada", 9000001, PoseKind::kStand, 9000048, 4},
      {"people", "ben", 9000002, PoseKind::kStand, 9000180, -6},
      {"people", "cleo", 9000008, PoseKind::kStand, 9000188, 8},
      {"people", "dev", 9000006, PoseKind::kStand, 9000207, -4},
      {"people", "esme", 9000009, PoseKind::kStand, 9000208, 6},
      {"people", "finn", 9000011, PoseKind::kStand, 9000217, -8},
      {"people", "gita", 9000013, PoseKind::kStand, 9000272, 5},
      {"people", "hugo", 9000016, PoseKind::kStand, 9000303, 0},
      {"poses", "walk", 9000010, PoseKind::kWalk, 9000041, 55},
      {"poses", "hand_on_hip", 9000003, PoseKind::kHandOnHip, 9000003, -12},
      {"poses", "back", 9000004, PoseKind::kStand, 9000305, 176},
      {"poses", "arms_raised", 9000012, PoseKind::kRaise, 9000151, 5},
      {"poses", "wave", 9000015, PoseKind::kWave, 9000015, 10},
  };
  std::vector<Example> out;
  for (const Entry& e : kEntries) {
    ViewOptions options;
    options.yaw = e.yaw;
    options.crop = Crop::kFull;
    out.push_back({e.folder, e.name, SamplePerson(body, e.person_seed),
                   SamplePose(e.pose_seed, e.kind), SampleView(e.person_seed, options)});
  }
  return out;
}

}  // namespace atelier::people
