#include "picture/xmp.h"

#include <catch2/catch.hpp>

#include "picture/png_text.h"

namespace atelier {
namespace {

const std::string kPacket = "<?xpacket begin='' id='x'?><x/><?xpacket end='r'?>";

TEST_CASE("A JPEG's packet is an APP1 segment behind its first marker", "[xmp]") {
  const std::string jpeg("\xFF\xD8\xFF\xE0 rest of the file");
  const std::string with = AddJpegXmp(jpeg, kPacket);
  REQUIRE(with.size() == jpeg.size() + 4 + 29 + kPacket.size());
  CHECK(with.substr(0, 4) == "\xFF\xD8\xFF\xE1");
  const size_t length = static_cast<uint8_t>(with[4]) * 256 + static_cast<uint8_t>(with[5]);
  CHECK(length == 2 + 29 + kPacket.size());
  CHECK(with.substr(6, 28) == "http://ns.adobe.com/xap/1.0/");
  CHECK(with.substr(6 + 29, kPacket.size()) == kPacket);
  CHECK(with.substr(4 + length) == jpeg.substr(2));
}

TEST_CASE("A WebP's packet is a chunk of an extended file", "[xmp]") {
  // An odd payload is padded.
  const std::string webp("RIFF\x0F\0\0\0WEBPVP8 \x03\0\0\0abc\0", 24);
  const std::string with = AddWebpXmp(webp, kPacket, {.height = 513, .width = 300});
  CHECK(with.substr(12, 4) == "VP8X");
  CHECK(static_cast<uint8_t>(with[20]) == 0x04);
  CHECK(static_cast<uint8_t>(with[24]) + 256 * static_cast<uint8_t>(with[25]) == 299);
  CHECK(static_cast<uint8_t>(with[27]) + 256 * static_cast<uint8_t>(with[28]) == 512);
  CHECK(with.substr(30, 12) == webp.substr(12));
  CHECK(with.substr(42, 4) == "XMP ");
  CHECK(with.find(kPacket) == 50);
  const size_t size = static_cast<uint8_t>(with[4]) + 256 * static_cast<uint8_t>(with[5]);
  CHECK(size + 8 == with.size());
  CHECK(static_cast<uint8_t>(AddWebpXmp(webp, kPacket, {8, 8, true})[20]) == 0x14);
}

TEST_CASE("Other files, and packets that no segment holds, are left as they are", "[xmp]") {
  CHECK(AddJpegXmp("no jpeg", kPacket) == "no jpeg");
  CHECK(AddWebpXmp("no webp", kPacket, {8, 8, false}) == "no webp");
  const std::string jpeg("\xFF\xD8\xFF\xE0");
  CHECK(AddJpegXmp(jpeg, std::string(70000, 'x')) == jpeg);
}

TEST_CASE("A PNG's packet is read again, and no other chunk for it", "[xmp]") {
  const std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0",
                        33);
  CHECK_FALSE(ReadPngXmp(png));
  CHECK_FALSE(ReadPngXmp(AddPngText(png, "XML:com.adobe.xmp", kPacket)));
  CHECK(ReadPngXmp(AddPngXmp(png, kPacket)) == kPacket);
}

}  // namespace
}  // namespace atelier
