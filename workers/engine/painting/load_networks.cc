#include "engine/painting/load_networks.h"

#include <exception>
#include <string>

#include "engine/model_folder/load_component.h"

namespace atelier::engine {

Status SizesAgree(const char* field, int64_t given, const char* other, int64_t expected) {
  if (given == expected) return {};
  return InvalidField(std::string("components.") + field,
                      std::string(other) + " (" + std::to_string(expected) + ")",
                      std::to_string(given));
}

Status MakeNetworks(const std::function<void()>& make) {
  // Seam: LibTorch throws on sizes that no layer can have.
  try {
    make();
    return {};
  } catch (const c10::Error& error) {
    return MakeError(Code::kInvalidArgument, "BAD_MODEL_SIZES", error.what_without_backtrace());
  } catch (const std::exception& error) {
    return MakeError(Code::kInvalidArgument, "BAD_MODEL_SIZES", error.what());
  }
}

Status LoadNetworks(const ModelFolder& model, const std::vector<NamedNetwork>& networks,
                    at::Device device) {
  // Seam: LibTorch throws when memory or the device fails.
  try {
    for (const NamedNetwork& network : networks) {
      ATELIER_RETURN_IF_ERROR(LoadComponent(model, network.component, network.module));
      network.module.to(device);
      if (device.is_cpu()) PackForCpu(network.module, network.runs);
    }
    return {};
  } catch (const c10::OutOfMemoryError& error) {
    return MakeError(Code::kResourceExhausted, "OUT_OF_DEVICE_MEMORY",
                     error.what_without_backtrace());
  } catch (const std::exception& error) {
    return MakeError(Code::kInternal, "LOAD_FAILED", error.what());
  }
}

DefaultDtype::DefaultDtype(at::ScalarType dtype) : before_(c10::get_default_dtype()) {
  c10::set_default_dtype(c10::scalarTypeToTypeMeta(dtype));
}

DefaultDtype::~DefaultDtype() { c10::set_default_dtype(before_); }

}  // namespace atelier::engine
