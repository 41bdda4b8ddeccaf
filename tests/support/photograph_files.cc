#include "support/photograph_files.h"

#include "picture/files/byte_order.h"
#include "picture/files/heif_items.h"
#include "picture/files/png_chunk.h"

namespace atelier {
namespace {

std::string Big(uint64_t value, int count) {
  std::string bytes;
  AppendBigEndian(value, count, bytes);
  return bytes;
}

std::string Little(uint64_t value, int count) {
  std::string bytes;
  AppendLittleEndian(value, count, bytes);
  return bytes;
}

std::string Segment(char marker, const std::string& payload) {
  return std::string("\xff") + marker + Big(payload.size() + 2, 2) + payload;
}

std::string WebpChunk(const std::string& kind, const std::string& payload) {
  return kind + Little(payload.size(), 4) + payload + std::string(payload.size() % 2, '\0');
}

std::string FullBox(const std::string& type, int version, uint32_t flags, const std::string& body) {
  return MakeBox(type, Big(static_cast<uint64_t>(version), 1) + Big(flags, 3) + body);
}

std::string Text(const std::string& text) { return text + std::string(1, '\0'); }

/// The boxes of a HEIC file, gathered item by item.
class HeicWriter {
 public:
  /// The number of the property.
  int AddProperty(const std::string& box) {
    properties_ += box;
    return ++property_count_;
  }

  /// The number of the item. Behind its type stands `more`.
  int AddItem(const std::string& type, const std::string& data, const std::vector<int>& properties,
              const std::string& more = Text("")) {
    const int id = ++item_count_;
    entries_ += FullBox("infe", 2, 0, Big(id, 2) + Big(0, 2) + type + more);
    if (!properties.empty()) {
      associations_ += Big(id, 2) + Big(properties.size(), 1);
      for (const int property : properties) associations_ += Big(property, 1);
      ++association_count_;
    }
    sizes_.push_back(data.size());
    data_ += data;
    return id;
  }

  void AddReference(const std::string& type, int from, const std::vector<int>& to) {
    std::string body = Big(from, 2) + Big(to.size(), 2);
    for (const int id : to) body += Big(id, 2);
    references_ += MakeBox(type, body);
  }

  std::string Finish(int primary, const std::string& after) const {
    const std::string head = MakeBox("ftyp", std::string("heic") + Big(0, 4) + "mif1heic");
    // Places in the file depend on the length of meta, which they do not change.
    const size_t data_at = head.size() + Meta(primary, 0).size() + 8;
    return head + Meta(primary, data_at) + MakeBox("mdat", data_) + after;
  }

 private:
  std::string Meta(int primary, size_t data_at) const {
    std::string places;
    for (size_t i = 0; i < sizes_.size(); ++i) {
      places +=
          Big(i + 1, 2) + Big(0, 2) + Big(0, 2) + Big(1, 2) + Big(data_at, 4) + Big(sizes_[i], 4);
      data_at += sizes_[i];
    }
    return FullBox(
        "meta", 0, 0,
        FullBox("hdlr", 0, 0, Big(0, 4) + "pict" + std::string(12, '\0') + Text("secret handler")) +
            FullBox("pitm", 0, 0, Big(primary, 2)) +
            FullBox("iinf", 0, 0, Big(sizes_.size(), 2) + entries_) +
            FullBox("iref", 0, 0, references_) +
            MakeBox("iprp", MakeBox("ipco", properties_) +
                                FullBox("ipma", 0, 0, Big(association_count_, 4) + associations_)) +
            FullBox("iloc", 1, 0, Big(0x4400, 2) + Big(sizes_.size(), 2) + places));
  }

  std::string properties_, entries_, associations_, references_, data_;
  std::vector<size_t> sizes_;
  int property_count_ = 0;
  int item_count_ = 0;
  int association_count_ = 0;
};

std::string SizeBox(uint32_t width, uint32_t height) {
  return FullBox("ispe", 0, 0, Big(width, 4) + Big(height, 4));
}

/// What telephones put beside the picture.
void AddCompany(int primary, int set_up, int size, const std::string& data, HeicWriter& writer) {
  const int other = writer.AddItem("hvc1", "secret thumbnail", {set_up, size}, Text("secret name"));
  writer.AddReference("thmb", other, {primary});
  const int depth =
      writer.AddProperty(FullBox("auxC", 0, 0, Text("urn:mpeg:hevc:2015:auxid:2") + "secret"));
  const int map = writer.AddItem("hvc1", data, {set_up, size, depth});
  // Of two pictures at once, which some decoders refuse.
  writer.AddReference("auxl", map, {primary, other});
  const int exif =
      writer.AddItem("Exif", Big(6, 4) + std::string("Exif\0\0", 6) + CameraExif(6), {});
  writer.AddReference("cdsc", exif, {primary});
  const int xmp = writer.AddItem("mime", "<x:xmpmeta>secret</x:xmpmeta>", {},
                                 Text("") + Text("application/rdf+xml"));
  writer.AddReference("cdsc", xmp, {primary});
}

void AppendBits(uint64_t value, int count, std::string& bits) {
  for (int i = count - 1; i >= 0; --i) bits += (value >> i & 1) != 0 ? '1' : '0';
}

void AppendCode(uint64_t value, std::string& bits) {
  int length = 0;
  while ((value + 1) >> (length + 1) != 0) ++length;
  AppendBits(0, length, bits);
  AppendBits(value + 1, length + 1, bits);
}

}  // namespace

std::string MakeBox(const std::string& type, const std::string& body) {
  return Big(body.size() + 8, 4) + type + body;
}

std::string CameraExif(int orientation, bool little_endian) {
  const auto number = [&](uint64_t value, int count) {
    return little_endian ? Little(value, count) : Big(value, count);
  };
  const auto entry = [&](uint64_t tag, uint64_t type, uint64_t count, const std::string& value) {
    return number(tag, 2) + number(type, 2) + number(count, 4) + value;
  };
  constexpr size_t kEntries = 3;
  constexpr size_t kAfter = 8 + 2 + kEntries * 12 + 4;
  const std::string camera = "secret camera\0";
  const std::string place = number(1, 2) + entry(2, 2, 4, "secr") + number(0, 4) + "secret place";
  return (little_endian ? "II" : "MM") + number(42, 2) + number(8, 4) + number(kEntries, 2) +
         entry(0x010f, 2, camera.size(), number(kAfter, 4)) +
         entry(0x0112, 3, 1, number(static_cast<uint64_t>(orientation), 2) + number(0, 2)) +
         entry(0x8825, 4, 1, number(kAfter + camera.size(), 4)) + number(0, 4) + camera + place;
}

std::string AddJpegMetadata(const std::string& jpeg, int orientation) {
  const std::string exif = std::string("Exif\0\0", 6) + CameraExif(orientation, false);
  return jpeg.substr(0, 2) + Segment('\xe1', exif) +
         Segment('\xe1', std::string("http://ns.adobe.com/xap/1.0/\0", 29) + "secret xmp") +
         Segment('\xed', std::string("Photoshop 3.0\0", 14) + "secret iptc") +
         Segment('\xe2', std::string("MPF\0", 4) + "secret list") +
         Segment('\xe0', std::string("JFXX\0", 5) + "secret thumbnail") +
         Segment('\xfe', "secret comment") + jpeg.substr(2) + jpeg + "secret film";
}

std::string AddPngMetadata(const std::string& png, int orientation) {
  constexpr size_t kHeaderBytes = 33;  // The magic bytes and IHDR.
  std::string chunks;
  AppendPngChunk("tEXt", std::string("Author\0secret", 13), chunks);
  AppendPngChunk("iTXt", std::string("XML:com.adobe.xmp\0\0\0\0\0secret", 28), chunks);
  AppendPngChunk("tIME", std::string("\x07\xea\x0b\x1b\x05\x0b\x24", 7), chunks);
  AppendPngChunk("eXIf", CameraExif(orientation), chunks);
  AppendPngChunk("prVt", "secret", chunks);
  return png.substr(0, kHeaderBytes) + chunks + png.substr(kHeaderBytes) + "secret film";
}

std::string AddWebpMetadata(const std::string& webp, uint32_t width, uint32_t height,
                            int orientation) {
  const std::string header = Little(0x0c, 4) + Little(width - 1, 3) + Little(height - 1, 3);
  const size_t end = 8 + static_cast<size_t>(LittleEndian(webp, 4, 4));
  const std::string chunks = WebpChunk("VP8X", header) + webp.substr(12, end - 12) +
                             std::string(end % 2, '\0') +
                             WebpChunk("EXIF", CameraExif(orientation)) +
                             WebpChunk("XMP ", "secret xmp") + WebpChunk("priv", "a secret");
  return "RIFF" + Little(chunks.size() + 4, 4) + "WEBP" + chunks + "secret film";
}

HevcPicture UndecodableHevc(uint32_t width, uint32_t height) {
  std::string bits;
  AppendBits(0x4201, 16, bits);                            // A sequence parameter set.
  AppendBits(0xf1, 8, bits);                               // No sub-layers.
  for (int i = 0; i < 12; ++i) AppendBits(0xff, 8, bits);  // Profile and level.
  AppendCode(0, bits);
  AppendCode(1, bits);  // 4:2:0.
  AppendCode(width, bits);
  AppendCode(height, bits);
  AppendBits(0xff, 8, bits);
  while (bits.size() % 8 != 0) bits += '1';
  std::string unit;
  for (size_t i = 0; i < bits.size(); i += 8) {
    unit += static_cast<char>(std::stoi(bits.substr(i, 8), nullptr, 2));
  }
  const std::string picture = std::string("\x26\x01", 2) + "pixels";
  return {
      std::string(21, '\x01') + '\x03' + '\x01' + '\x21' + Big(1, 2) + Big(unit.size(), 2) + unit,
      Big(picture.size(), 4) + picture, width, height};
}

HevcPicture HevcOf(const std::string& heic) {
  const HeifItems file = *ReadHeifItems(heic);
  const HeifItem& item = *file.Find(file.primary);
  const auto body = [&](const char* type) {
    const HeifBox& box = *file.FindProperty(item, type);
    return heic.substr(box.body, box.end - box.body);
  };
  HevcPicture picture;
  picture.set_up = body("hvcC");
  picture.width = static_cast<uint32_t>(BigEndian(body("ispe"), 4, 4));
  picture.height = static_cast<uint32_t>(BigEndian(body("ispe"), 8, 4));
  for (const ByteRange& range : item.data) {
    picture.data += heic.substr(range.begin, range.end - range.begin);
  }
  return picture;
}

std::string MakeHeic(const HevcPicture& picture, const HeicOptions& options) {
  HeicWriter writer;
  const int set_up = writer.AddProperty(MakeBox("hvcC", picture.set_up));
  const int size = writer.AddProperty(SizeBox(picture.width, picture.height));
  std::vector<int> shown_by;
  if (!options.clean_aperture.empty()) {
    std::string body;
    for (const uint32_t value : options.clean_aperture) body += Big(value, 4);
    shown_by.push_back(writer.AddProperty(MakeBox("clap", body)));
  }
  if (options.quarter_turns != 0) {
    const std::string turns = Big(static_cast<uint64_t>(options.quarter_turns), 1);
    shown_by.push_back(writer.AddProperty(MakeBox("irot", turns)));
  }
  if (options.metadata) {
    const std::string text = Text("en") + Text("secret title") + Text("") + Text("");
    shown_by.push_back(writer.AddProperty(FullBox("udes", 0, 0, text)));
  }
  std::vector<int> properties = {size};
  std::vector<int> tiles;
  std::string data = picture.data;
  if (options.rows > 0) {
    for (uint32_t i = 0; i < options.rows * options.columns; ++i) {
      tiles.push_back(writer.AddItem("hvc1", picture.data, {set_up, size}));
    }
    const auto or_all = [](uint32_t side, uint32_t all) { return side == 0 ? all : side; };
    const uint32_t width = or_all(options.grid_width, options.columns * picture.width);
    const uint32_t height = or_all(options.grid_height, options.rows * picture.height);
    properties = {writer.AddProperty(SizeBox(width, height))};
    data = Big(0, 2) + Big(options.rows - 1, 1) + Big(options.columns - 1, 1) + Big(width, 2) +
           Big(height, 2);
  } else {
    properties.push_back(set_up);
  }
  properties.insert(properties.end(), shown_by.begin(), shown_by.end());
  const int primary = writer.AddItem(options.rows > 0 ? "grid" : "hvc1", data, properties);
  if (!tiles.empty()) writer.AddReference("dimg", primary, tiles);
  if (!options.metadata) return writer.Finish(primary, "");
  AddCompany(primary, set_up, size, picture.data, writer);
  return writer.Finish(primary, MakeBox("moov", "secret film"));
}

}  // namespace atelier
