// An IUV picture that somebody gives, and the rule that its chart is the one that the model reads.
// Needs no decoding: the same check at the server's door, in the workers and in atelier-paint.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/warning.h"

namespace atelier {

/// Reason of the error when an IUV picture is in, or is wanted in, a chart that does not fit.
inline constexpr char kIuvChartReason[] = "IUV_CHART";

struct GivenIuv {
  /// The file, whose text kIuvChartKeyword may name its chart.
  std::string_view png;
  /// The chart that the request names; empty: it names none.
  std::string_view declared;
  /// The request's fields of both, for errors.
  std::string field;
  std::string chart_field;
};

/// INVALID_ARGUMENT naming `field` unless `declared` is empty or one of kIuvCharts.
Status CheckChartName(std::string_view declared, const std::string& field);

/// Whether `iuv` may be given to a model that reads `model_chart` (empty: not known, and then only
/// what the IUV says of itself is checked). INVALID_ARGUMENT for an unknown chart and for a file
/// that says another one than the request; FAILED_PRECONDITION (IUV_CHART), saying what to bring,
/// for a chart that the model does not read. The warning IUV_CHART_ASSUMED when neither file nor
/// request says which chart it is.
Result<std::optional<Warning>> CheckIuvChart(const GivenIuv& iuv, std::string_view model_chart);

/// FAILED_PRECONDITION (IUV_CHART) naming `field`, which may be empty: `what` is wrong, and what a
/// model that reads `model_chart` can be given instead.
Unexpected IuvChartError(const std::string& what, std::string_view model_chart, std::string field);

}  // namespace atelier
