#include "server/admission/iuv_chart_check.h"

#include "picture/given_iuv.h"

namespace atelier::server {
namespace {

Status CheckOne(const v1::Picture& picture, const GivenIuv& given, const std::string& model_chart,
                BlobReader& blobs) {
  std::string stored;
  GivenIuv iuv = given;
  if (picture.has_asset()) {
    ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture.asset()));
    ATELIER_ASSIGN_OR_RETURN(stored, blobs.Get(digest));
    iuv.png = stored;
  } else {
    iuv.png = picture.data();
  }
  // Of a chart that nobody says the worker warns: it knows its model in any case.
  const auto checked = CheckIuvChart(iuv, model_chart);
  return checked ? Status() : Propagate(checked.error());
}

}  // namespace

Status CheckIuvCharts(const v1::SynthesisSpec& spec, const std::string& prefix,
                      const std::optional<v1::Model>& model, BlobReader& blobs) {
  const std::string chart_field = prefix + ".iuv_chart";
  const std::string model_chart = model ? model->iuv_chart() : "";
  ATELIER_RETURN_IF_ERROR(CheckChartName(spec.iuv_chart(), chart_field));
  if (spec.has_pose_iuv()) {
    ATELIER_RETURN_IF_ERROR(CheckOne(spec.pose_iuv(),
                                     {"", spec.iuv_chart(), prefix + ".pose_iuv", chart_field},
                                     model_chart, blobs));
  }
  if (!spec.has_source_iuv()) return {};
  return CheckOne(spec.source_iuv(), {"", spec.iuv_chart(), prefix + ".source_iuv", chart_field},
                  model_chart, blobs);
}

Status CheckChartOfFile(const v1::Picture& iuv, const std::string& field,
                        const std::optional<v1::Model>& model, BlobReader& blobs) {
  return CheckOne(iuv, {"", "", field, field}, model ? model->iuv_chart() : "", blobs);
}

Status CheckIuvCharts(const v1::SequenceSpec& spec, const std::string& prefix,
                      const std::optional<v1::Model>& model, BlobReader& blobs) {
  const std::string chart_field = prefix + ".iuv_chart";
  ATELIER_RETURN_IF_ERROR(CheckChartName(spec.iuv_chart(), chart_field));
  const auto& poses = spec.pose_list().poses();
  for (int i = 0; i < poses.size(); ++i) {
    if (!poses[i].has_iuv()) continue;
    const std::string field = prefix + ".pose_list.poses[" + std::to_string(i) + "].iuv";
    ATELIER_RETURN_IF_ERROR(CheckOne(poses[i].iuv(), {"", spec.iuv_chart(), field, chart_field},
                                     model ? model->iuv_chart() : "", blobs));
  }
  return {};
}

}  // namespace atelier::server
