// Whether the IUV pictures of a job are in the chart that its model reads, as far as files
// and request say so: nothing is decoded.
#pragma once

#include <optional>
#include <string>

#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "server/blobs/blob_store.h"

namespace atelier::server {

/// `prefix` is the path of `spec` in the request, e.g. "spec.synthesis". INVALID_ARGUMENT for an
/// unknown chart and for a file that says another one than `iuv_chart`; FAILED_PRECONDITION
/// (IUV_CHART) for a chart that `model` does not read, when it is known. REQUIRES: the pictures of
/// `spec` are whole.
Status CheckIuvCharts(const v1::SynthesisSpec& spec, const std::string& prefix,
                      const std::optional<v1::Model>& model, BlobReader& blobs);

/// The same for one IUV picture at `field`, of a request that says no chart beside it.
Status CheckChartOfFile(const v1::Picture& iuv, const std::string& field,
                        const std::optional<v1::Model>& model, BlobReader& blobs);

/// The same for the IUV pictures among the poses at `prefix`.pose_list.
Status CheckIuvCharts(const v1::SequenceSpec& spec, const std::string& prefix,
                      const std::optional<v1::Model>& model, BlobReader& blobs);

}  // namespace atelier::server
