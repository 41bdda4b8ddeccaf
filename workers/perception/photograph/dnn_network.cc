#include "perception/photograph/dnn_network.h"

#include <opencv2/core/utils/logger.hpp>

namespace atelier::photograph {
namespace {

namespace fs = std::filesystem;

Status RequireFile(const fs::path& file) {
  std::error_code error;
  if (fs::is_regular_file(file, error)) return {};
  return MakeError(Code::kNotFound, "NO_NETWORK_FILE", file.string() + " is no file");
}

Unexpected Unreadable(const fs::path& file, const std::string& why) {
  return MakeError(Code::kInvalidArgument, "UNREADABLE_NETWORK",
                   file.string() + " cannot be read as a network: " + why);
}

}  // namespace

DnnNetwork::DnnNetwork(const cv::dnn::Net& net) : net_(net) {
  net_.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  for (const cv::String& name : net_.getUnconnectedOutLayersNames()) outputs_.push_back(name);
}

Result<DnnNetwork> DnnNetwork::Load(const fs::path& file) {
  const bool caffe = file.extension() == ".caffemodel";
  if (!caffe && file.extension() != ".onnx") {
    return Unreadable(file, "its name ends in neither .onnx nor .caffemodel");
  }
  const fs::path layers = fs::path(file).replace_extension(".prototxt");
  ATELIER_RETURN_IF_ERROR(RequireFile(file));
  if (caffe) ATELIER_RETURN_IF_ERROR(RequireFile(layers));
  // What goes wrong comes back as an exception too; OpenCV's own lines would break up our log.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  try {
    const cv::dnn::Net net = caffe ? cv::dnn::readNetFromCaffe(layers.string(), file.string())
                                   : cv::dnn::readNetFromONNX(file.string());
    if (net.empty()) return Unreadable(file, "it holds no layers");
    return DnnNetwork(net);
  } catch (const cv::Exception& error) {
    return Unreadable(file, error.err);
  } catch (const std::exception& error) {  // Its protobuf parser's.
    return Unreadable(file, error.what());
  }
}

Result<std::vector<cv::Mat>> DnnNetwork::Run(const cv::Mat& blob,
                                             const std::vector<std::string>& outputs) {
  try {
    net_.setInput(blob);
    std::vector<cv::Mat> results;
    net_.forward(results, std::vector<cv::String>(outputs.begin(), outputs.end()));
    return results;
  } catch (const cv::Exception& error) {
    return MakeError(Code::kInternal, "NETWORK_RUN", "the network did not run: " + error.err);
  }
}

Status RequireFloats(const cv::Mat& output, size_t count, const std::string& name) {
  if (output.depth() == CV_32F && output.isContinuous() && output.total() == count) return {};
  return MakeError(Code::kInternal, "NETWORK_OUTPUT",
                   "output `" + name + "` must hold " + std::to_string(count) +
                       " floats. Given: " + std::to_string(output.total()));
}

}  // namespace atelier::photograph
