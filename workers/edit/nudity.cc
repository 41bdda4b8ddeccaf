#include "edit/nudity.h"

#include <cstdio>
#include <variant>
#include <vector>

namespace atelier::edit {
namespace {

using people::Attributes;
using people::Body;
using people::Triangle;
using people::Vec3;

struct Zone {
  const char* name;
  /// Canonical heights, metres.
  float low = 0;
  float high = 0;
  /// Only what faces forward.
  bool front = false;
};

/// Chest and hips by the joints of the mean shape.
std::array<Zone, 2> ZonesOf(const Body& body) {
  const float shoulder = body.joint(body.bones().upper_arm[people::kLeft]).y;
  const float hip = body.joint(body.bones().thigh[people::kLeft]).y;
  return {Zone{"chest", shoulder - .24f, shoulder - .09f, true},
          Zone{"hips", hip - .10f, hip + .06f, false}};
}

bool IsIn(const Zone& zone, const Attributes& a) {
  return a.at.y > zone.low && a.at.y < zone.high && a.arm_weight < .5f && a.head_weight < .5f &&
         (!zone.front || a.at.z > 0);
}

double Covered(const Subject& subject, size_t vertex) {
  return static_cast<double>(subject.regions.membership_of(Label::kUpper)[vertex]) +
         static_cast<double>(subject.regions.membership_of(Label::kLower)[vertex]);
}

struct Area {
  double covered = 0;
  double bared = 0;
};

Area AreaOf(const Zone& zone, const Body& body, std::span<const Subject* const> sources,
            const Subject& after) {
  Area area;
  for (const Triangle& t : body.skin()) {
    const auto corner = [&](size_t i) { return static_cast<size_t>(t[i]); };
    if (!IsIn(zone, body.attributes()[corner(0)])) continue;
    bool covered = true;
    for (const Subject* subject : sources) covered = covered && Covered(*subject, corner(0)) > .5;
    if (!covered) continue;
    const Vec3 a = body.canonical(t[0]), b = body.canonical(t[1]), c = body.canonical(t[2]);
    const double size = static_cast<double>(Length(Cross(b - a, c - a)));
    area.covered += size;
    if (Covered(after, corner(0)) < .5) area.bared += size;
  }
  return area;
}

}  // namespace

Status CheckNudity(const Body& body, const Subject& base, std::span<const SwapStep> steps,
                   const Subject& after) {
  std::vector<const Subject*> sources = {&base};
  for (const SwapStep& step : steps) {
    if (const Donor* donor = std::get_if<Donor>(&step.source)) sources.push_back(donor->get());
  }
  if (sources.size() == 1) return {};
  for (const Zone& zone : ZonesOf(body)) {
    const Area area = AreaOf(zone, body, sources, after);
    if (area.covered <= 0 || area.bared <= kMostBared * area.covered) continue;
    char message[160];
    std::snprintf(message, sizeof message,
                  "the edit would bare %.0f %% of the %s, which every picture covers; at most %.0f "
                  "%% may be a mistake",
                  100 * area.bared / area.covered, zone.name, 100 * kMostBared);
    return MakeError(Code::kFailedPrecondition, "NUDITY_RISK", message);
  }
  return {};
}

}  // namespace atelier::edit
