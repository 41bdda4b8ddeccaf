#include "generation/preparation/receipt.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include "atelier/v1/picture.pb.h"
#include "base/named_models.h"
#include "base/version.h"
#include "digest/sha256.h"
#include "picture/png_text.h"

namespace atelier::generation {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kAssetPrefix = "assets/";
constexpr std::string_view kTermPrefix = "http://cv.iptc.org/newscodes/digitalsourcetype/";

/// Stored pictures are named by their SHA-256.
std::string Sha256Of(const v1::Picture& picture) {
  if (picture.has_asset()) {
    const std::string_view name = picture.asset();
    return std::string(name.substr(name.starts_with(kAssetPrefix) ? kAssetPrefix.size() : 0));
  }
  return Sha256Hex(picture.data());
}

void AddInputs(const Message& message, const std::string& path, v1::Receipt& receipt) {
  if (const auto* picture = dynamic_cast<const v1::Picture*>(&message)) {
    if (picture->content_case() == v1::Picture::CONTENT_NOT_SET) return;
    v1::ReceiptInput& input = *receipt.add_inputs();
    input.set_field(path);
    input.set_sha256(Sha256Of(*picture));
    return;
  }
  std::vector<const FieldDescriptor*> fields;
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string name = path.empty() ? field->name() : path + "." + field->name();
    if (!field->is_repeated()) {
      AddInputs(reflection.GetMessage(message, field), name, receipt);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      AddInputs(reflection.GetRepeatedMessage(message, field, i),
                name + "[" + std::to_string(i) + "]", receipt);
    }
  }
}

std::string XmpOf(const v1::Receipt& receipt) {
  return "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
         "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"
         "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
         "<rdf:Description rdf:about=\"\""
         " xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\""
         " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
         " xmp:CreatorTool=\"Atelier " +
         receipt.version() + "\" Iptc4xmpExt:DigitalSourceType=\"" + std::string(kTermPrefix) +
         receipt.digital_source_type() + "\"/></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>";
}

}  // namespace

v1::Receipt BeginReceipt(const Message& spec) {
  v1::Receipt receipt;
  receipt.set_version(kVersion);
  AddInputs(spec, "", receipt);
  return receipt;
}

void AddPainting(const PaintJob& job, const PainterSet& painters, v1::Receipt& receipt) {
  const engine::ModelInfo& info = job.painter->info();
  receipt.set_model(ModelResource(info.name));
  receipt.set_model_sha256(painters.Sha256Of(*job.painter));
  const std::string& scheduler = job.options.scheduler;
  receipt.set_scheduler(scheduler.empty() ? info.default_scheduler : scheduler);
  receipt.set_steps(job.options.steps.value_or(info.default_steps));
  if (!job.seeds.empty()) receipt.set_seed(job.seeds.front());
  receipt.set_digital_source_type(kPaintedMedia);
}

std::string WithReceipt(std::string_view png, v1::Receipt receipt, uint64_t seed) {
  if (receipt.version().empty()) return std::string(png);
  receipt.set_seed(seed);
  const std::string json = ReceiptText(receipt);
  if (json.empty()) return std::string(png);
  return AddPngText(AddPngXmp(png, XmpOf(receipt)), kReceiptKeyword, json);
}

std::string ReceiptText(const v1::Receipt& receipt) {
  std::string json;
  if (receipt.version().empty()) return json;
  return google::protobuf::util::MessageToJsonString(receipt, &json).ok() ? json : std::string();
}

std::string ReceiptXmp(const v1::Receipt& receipt) {
  return receipt.version().empty() ? std::string() : XmpOf(receipt);
}

}  // namespace atelier::generation
