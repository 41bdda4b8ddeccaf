#include "server/dispatch/receipt_check.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/hex.h"

namespace atelier::server {
namespace {

// The IPTC's terms for what Atelier makes; absent where a worker does not say.
constexpr std::array<std::string_view, 3> kSourceTypes = {"", "trainedAlgorithmicMedia",
                                                          "compositeWithTrainedAlgorithmicMedia"};

Status CheckText(const std::string& text, const std::string& field) {
  if (text.size() <= kMaxReceiptTextBytes) return {};
  return InvalidField(field, "at most " + std::to_string(kMaxReceiptTextBytes) + " bytes",
                      std::to_string(text.size()) + " bytes");
}

Status CheckDigest(const std::string& digest, const std::string& field) {
  if (digest.size() == 64 && IsHex(digest)) return {};
  return InvalidField(field, "64 hexadecimal digits", digest.substr(0, 80));
}

Status CheckCount(int count, int most, const std::string& field) {
  if (count <= most) return {};
  return InvalidField(field, "at most " + std::to_string(most) + " entries", std::to_string(count));
}

std::string At(const std::string& field, int index) {
  return field + "[" + std::to_string(index) + "]";
}

}  // namespace

Status CheckReceipt(const v1::Receipt& receipt, const std::string& field) {
  ATELIER_RETURN_IF_ERROR(CheckText(receipt.version(), field + ".version"));
  ATELIER_RETURN_IF_ERROR(CheckText(receipt.model(), field + ".model"));
  ATELIER_RETURN_IF_ERROR(CheckText(receipt.scheduler(), field + ".scheduler"));
  ATELIER_RETURN_IF_ERROR(CheckText(receipt.parser(), field + ".parser"));
  if (!receipt.model_sha256().empty()) {
    ATELIER_RETURN_IF_ERROR(CheckDigest(receipt.model_sha256(), field + ".model_sha256"));
  }
  if (receipt.steps() < 0) {
    return InvalidField(field + ".steps", "0 or more", std::to_string(receipt.steps()));
  }
  const std::string inputs = field + ".inputs";
  ATELIER_RETURN_IF_ERROR(CheckCount(receipt.inputs_size(), kMaxReceiptInputs, inputs));
  for (int i = 0; i < receipt.inputs_size(); ++i) {
    ATELIER_RETURN_IF_ERROR(CheckText(receipt.inputs(i).field(), At(inputs, i) + ".field"));
    ATELIER_RETURN_IF_ERROR(CheckDigest(receipt.inputs(i).sha256(), At(inputs, i) + ".sha256"));
  }
  const std::string swaps = field + ".swaps";
  ATELIER_RETURN_IF_ERROR(CheckCount(receipt.swaps_size(), kMaxReceiptSwaps, swaps));
  for (int i = 0; i < receipt.swaps_size(); ++i) {
    ATELIER_RETURN_IF_ERROR(CheckText(receipt.swaps(i), At(swaps, i)));
  }
  const std::string& type = receipt.digital_source_type();
  if (std::find(kSourceTypes.begin(), kSourceTypes.end(), type) != kSourceTypes.end()) return {};
  return InvalidField(field + ".digital_source_type",
                      std::string(kSourceTypes[1]) + " or " + std::string(kSourceTypes[2]),
                      type.substr(0, 80));
}

}  // namespace atelier::server
