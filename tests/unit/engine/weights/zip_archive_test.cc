#include "engine/weights/zip_archive.h"

#include "support/catch_torch.h"
#include "support/torch_bytes.h"

namespace atelier::engine {
namespace {

using testing::Little;
using testing::Patched;
using testing::Zip;

const std::string kLocal = "PK\3\4", kCentral = "PK\1\2", kEnd = "PK\5\6", kEnd64 = "PK\6\6",
                  kLocator64 = "PK\6\7";

void Refused(const std::string& bytes, const std::string& why) {
  const auto archive = ZipArchive::Parse(bytes);
  REQUIRE_FALSE(archive.has_value());
  CHECK(archive.error().code == Code::kDataLoss);
  CHECK_THAT(archive.error().message, Catch::Contains(why));
}

TEST_CASE("Entries of a stored zip file are found, zip64 or not", "[weights]") {
  for (const bool zip64 : {false, true}) {
    const std::string bytes =
        Zip({{"m/data.pkl", "abc"}, {"m/empty", ""}, {"m/data/0", std::string(100, 'x')}},
            {.alignment = 64, .zip64 = zip64});
    const auto archive = ZipArchive::Parse(bytes);
    REQUIRE(archive.has_value());
    CHECK(archive->entries().size() == 3);
    CHECK(archive->entries().at("m/data.pkl") == "abc");
    CHECK(archive->entries().at("m/empty").empty());
    const std::string_view data = archive->entries().at("m/data/0");
    CHECK(data == std::string(100, 'x'));
    CHECK((data.data() - bytes.data()) % 64 == 0);
  }
}

TEST_CASE("A comment behind the directory does not hide it", "[weights]") {
  const std::string bytes = Patched(Zip({{"a", "1"}}), kEnd, 0, 20, Little(5, 2)) + "hello";
  REQUIRE(ZipArchive::Parse(bytes).has_value());
  CHECK(ZipArchive::Parse(bytes)->entries().at("a") == "1");
}

TEST_CASE("A zip file cut anywhere is refused", "[weights]") {
  for (const bool zip64 : {false, true}) {
    const std::string bytes = Zip({{"a", "one"}, {"b", "two"}}, {.alignment = 8, .zip64 = zip64});
    for (size_t length = 0; length < bytes.size(); ++length) {
      Refused(bytes.substr(0, length), "cut short or not a zip file");
    }
    Refused(bytes + "x", "cut short or not a zip file");
  }
}

TEST_CASE("Compressed, encrypted and split zip files are refused", "[weights]") {
  const std::string good = Zip({{"a", "one"}, {"b", "two"}});
  Refused(Patched(good, kCentral, 1, 10, Little(8, 2)), "`b` is compressed");
  Refused(Patched(good, kLocal, 1, 8, Little(8, 2)), "another method");
  Refused(Patched(good, kCentral, 0, 8, Little(1, 2)), "`a` is encrypted");
  Refused(Patched(good, kEnd, 0, 4, Little(1, 2)), "split over disks");
}

TEST_CASE("Zip entries that lie about where they are get refused", "[weights]") {
  const std::string good = Zip({{"a", "one"}, {"b", "two"}});
  Refused(Zip({{"a", "one"}, {"a", "two"}}), "`a` is there twice");
  // Both directory entries point to the first data.
  Refused(Patched(Patched(good, kCentral, 1, 42, Little(0, 4)), kCentral, 1, 46, "a"),
          "there twice");
  Refused(Patched(good, kCentral, 1, 42, Little(0, 4)), "another name in its local header");
  Refused(Patched(good, kCentral, 0, 42, Little(0xfffffff0, 4)), "begins outside");
  Refused(Patched(good, kCentral, 0, 42, Little(7, 4)), "has no local header");
  Refused(Patched(good, kCentral, 0, 24, Little(9, 4)), "two sizes");
  Refused(Patched(good, kCentral, 0, 20, Little(9, 4) + Little(9, 4)), "another method or size");
  const std::string sizes_follow = Patched(good, kLocal, 0, 6, Little(8, 2));
  CHECK(ZipArchive::Parse(sizes_follow).has_value());
  Refused(Patched(sizes_follow, kCentral, 0, 20, Little(20, 4) + Little(20, 4)), "overlap");
  Refused(Patched(sizes_follow, kCentral, 0, 20, Little(1 << 30, 4) + Little(1 << 30, 4)),
          "ends outside");
  Refused(Patched(good, kLocal, 1, 28, Little(0xffff, 2)), "ends outside");
}

TEST_CASE("A zip directory that lies about itself is refused", "[weights]") {
  const std::string good = Zip({{"a", "one"}, {"b", "two"}});
  Refused(Patched(good, kEnd, 0, 10, Little(3, 2)), "more entries than its directory holds");
  Refused(Patched(good, kEnd, 0, 10, Little(1, 2)), "damaged directory");
  Refused(Patched(good, kEnd, 0, 12, Little(0x7fffffff, 4)), "directory outside");
  Refused(Patched(good, kEnd, 0, 16, Little(0x7fffffff, 4)), "directory outside");
  Refused(Patched(good, kEnd, 0, 16, Little(3, 4)), "damaged directory");
  Refused(Patched(good, kCentral, 1, 28, Little(0xffff, 2)), "damaged directory");
  Refused(Patched(good, kCentral, 0, 24, Little(0xffffffff, 4)), "lacks its zip64 sizes");
  const std::string wide = Zip({{"a", "one"}}, {.alignment = 8, .zip64 = true});
  Refused(Patched(wide, kEnd64, 0, 32, Little(UINT64_MAX, 8)), "more entries");
  Refused(Patched(wide, kEnd64, 0, 40, Little(UINT64_MAX, 8)), "directory outside");
  Refused(Patched(wide, kEnd64, 0, 48, Little(UINT64_MAX, 8)), "directory outside");
  Refused(Patched(wide, kLocator64, 0, 8, Little(UINT64_MAX - 10, 8)), "no zip64 end record");
  Refused(Patched(wide, kEnd, 0, 10, Little(7, 2)), "two end records that differ");
}

}  // namespace
}  // namespace atelier::engine
