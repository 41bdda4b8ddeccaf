// Receipts: how a result was made, in GetJob's answer and in the picture itself.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "atelier/v1/receipt.pb.h"
#include "generation/preparation/paint_job.h"
#include "generation/preparation/painter_set.h"

namespace atelier::generation {

/// Keyword of the PNG text that holds the receipt as JSON.
inline constexpr char kReceiptKeyword[] = "atelier-receipt";

/// The IPTC's terms for how a picture came to be.
inline constexpr char kPaintedMedia[] = "trainedAlgorithmicMedia";
inline constexpr char kCompositeMedia[] = "compositeWithTrainedAlgorithmicMedia";

/// A receipt with this version of Atelier and every picture of `spec`, a kind's message. Pictures
/// within messages and lists are named by their path, e.g. "swaps[0].pattern.picture".
v1::Receipt BeginReceipt(const google::protobuf::Message& spec);

/// Tells of what `job` paints: model, scheduler, steps, and its first seed. REQUIRES: its painter
/// is one of `painters`.
void AddPainting(const PaintJob& job, const PainterSet& painters, v1::Receipt& receipt);

/// `png` with the receipt, its seed being `seed`, and with the XMP that says that a machine made
/// it. A receipt without a version leaves the picture as it is.
std::string WithReceipt(std::string_view png, v1::Receipt receipt, uint64_t seed);

/// The receipt as JSON, and the XMP that says that a machine made it; both empty for a receipt
/// without a version.
std::string ReceiptText(const v1::Receipt& receipt);
std::string ReceiptXmp(const v1::Receipt& receipt);

}  // namespace atelier::generation
