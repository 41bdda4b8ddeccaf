// The rules of a receipt that a worker sends with a completion.
#pragma once

#include <cstddef>
#include <string>

#include "atelier/v1/receipt.pb.h"
#include "base/result.h"

namespace atelier::server {

/// Limits of what CheckReceipt() takes.
inline constexpr size_t kMaxReceiptTextBytes = 256;
/// A sequence names a pose for each of its frames.
inline constexpr int kMaxReceiptInputs = 512;
inline constexpr int kMaxReceiptSwaps = 64;

/// INVALID_ARGUMENT naming the field below `field`: a text over its limit, a digest that is not 64
/// hexadecimal digits (the model's may be absent), more entries than a job has pictures and swaps,
/// negative steps, or a source type that is none of the two.
Status CheckReceipt(const v1::Receipt& receipt, const std::string& field);

}  // namespace atelier::server
