// A network that OpenCV runs. The seam at which OpenCV's exceptions become Results.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/dnn/dnn.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::photograph {

/// One thread at a time; a run uses every core by itself.
class DnnNetwork {
 public:
  /// An .onnx file, or a .caffemodel with the .prototxt of the same name beside it. NOT_FOUND
  /// (NO_NETWORK_FILE) when a file is not there, INVALID_ARGUMENT (UNREADABLE_NETWORK) when OpenCV
  /// cannot read it.
  static Result<DnnNetwork> Load(const std::filesystem::path& file);

  /// Names of the outputs, in the file's order.
  const std::vector<std::string>& outputs() const { return outputs_; }

  /// The outputs asked for, in that order; they live until the next run. INTERNAL (NETWORK_RUN)
  /// when the network does not take such a blob.
  Result<std::vector<cv::Mat>> Run(const cv::Mat& blob, const std::vector<std::string>& outputs);

 private:
  explicit DnnNetwork(const cv::dnn::Net& net);

  cv::dnn::Net net_;
  std::vector<std::string> outputs_;
};

/// `call()`, with cv::Exception as INTERNAL (OPENCV).
template <typename Call>
auto CatchOpenCv(const Call& call) -> decltype(call()) {
  try {
    return call();
  } catch (const cv::Exception& error) {
    return MakeError(Code::kInternal, "OPENCV", error.err);
  }
}

/// INTERNAL (NETWORK_OUTPUT) unless `output` holds `count` floats. The networks' files come from
/// outside.
Status RequireFloats(const cv::Mat& output, size_t count, const std::string& name);

}  // namespace atelier::photograph
