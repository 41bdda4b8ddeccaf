// Warning: something that makes a result doubtful without preventing it, as every process passes it
// on.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace atelier {

struct Warning {
  /// One of kWarningReasons.
  std::string reason;
  /// Path of the request's field that it is about.
  std::string field;
  /// For a person.
  std::string message;
  /// What was measured, and the limit that it is compared with.
  std::optional<double> value;
  std::optional<double> limit;
};

/// Every reason that there is; docs/api.md says what each measures. A request's `strict` may list
/// these, or kAllWarnings.
inline constexpr std::array<std::string_view, 10> kWarningReasons = {
    "PERSON_UNSURE",        // the estimator's confidence that there is a person
    "SEVERAL_PEOPLE",       // people in the picture
    "PERSON_CUT_OFF",       // share of the body that lies outside of the picture
    "PERSON_UPSIDE_DOWN",   // degrees that the body's axis is turned away from upright
    "PERSON_SMALL",         // pixels of the person's height
    "BODY_UNSURE",          // how well the fitted body agrees with the picture
    "LITTLE_SEEN",          // share of the painted person that the source showed
    "STEPS_OUT_OF_RANGE",   // denoising steps
    "SEED_WITHOUT_EFFECT",  // pictures asked for
    "IUV_CHART_ASSUMED",    // nothing is measured
};
inline constexpr std::string_view kAllWarnings = "ALL";

}  // namespace atelier
