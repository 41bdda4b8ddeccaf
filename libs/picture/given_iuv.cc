#include "picture/given_iuv.h"

#include <algorithm>
#include <utility>

#include "base/iuv_chart.h"
#include "picture/png_text.h"

namespace atelier {
namespace {

constexpr const char* kChartRule = "atelier or densepose";

bool IsChart(std::string_view name) {
  return std::find(kIuvCharts.begin(), kIuvCharts.end(), name) != kIuvCharts.end();
}

/// How a user comes by an IUV in `chart`.
std::string WaysTo(std::string_view chart) {
  if (chart == kDensePoseChart) {
    return "bring a DensePose export as pose_iuv and source_iuv with iuv_chart \"densepose\", or "
           "give atelier-pose a DensePose network (densepose_network) and bring pictures";
  }
  return "bring pictures, whose IUV the model's own pose network reads in its chart, or IUV "
         "pictures in the chart \"atelier\", as the renderer makes them";
}

/// A file's own words in an error: short, and nothing that a terminal obeys.
std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 40;
  std::string quoted(text.substr(0, kLongest));
  std::replace_if(quoted.begin(), quoted.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return quoted + (text.size() > kLongest ? "..." : "");
}

/// The chart that the file or the request says; empty when neither does.
Result<std::string> StatedChart(const GivenIuv& iuv) {
  ATELIER_RETURN_IF_ERROR(CheckChartName(iuv.declared, iuv.chart_field));
  const std::optional<std::string> written = ReadPngText(iuv.png, kIuvChartKeyword);
  if (!written) return std::string(iuv.declared);
  if (!IsChart(*written)) {
    return InvalidField(
        iuv.field, "a PNG whose text `iuv_chart`, if it has one, is " + std::string(kChartRule),
        Quoted(*written));
  }
  if (!iuv.declared.empty() && iuv.declared != *written) {
    return InvalidField(iuv.chart_field, "what the PNG of `" + iuv.field + "` says, " + *written,
                        iuv.declared);
  }
  return *written;
}

}  // namespace

Status CheckChartName(std::string_view declared, const std::string& field) {
  if (declared.empty() || IsChart(declared)) return {};
  return InvalidField(field, kChartRule, Quoted(declared));
}

Unexpected IuvChartError(const std::string& what, std::string_view model_chart, std::string field) {
  return Unexpected(Error{Code::kFailedPrecondition, kIuvChartReason,
                          what + ": " + WaysTo(model_chart), std::move(field)});
}

Result<std::optional<Warning>> CheckIuvChart(const GivenIuv& iuv, std::string_view model_chart) {
  ATELIER_ASSIGN_OR_RETURN(const std::string stated, StatedChart(iuv));
  if (model_chart.empty()) return std::nullopt;
  const std::string chart(model_chart);
  if (stated.empty()) {
    return Warning{"IUV_CHART_ASSUMED", iuv.field,
                   "nothing says which chart the IUV picture is in; it is read as \"" + chart +
                       "\", the model's: a wrong one paints wrong colours. Say it in iuv_chart",
                   std::nullopt, std::nullopt};
  }
  if (stated == chart) return std::nullopt;
  return IuvChartError("`" + iuv.field + "` must be an IUV picture in the chart that the model " +
                           "reads, " + chart + ". Given: " + stated,
                       model_chart, iuv.field);
}

}  // namespace atelier
