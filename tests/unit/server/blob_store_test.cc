#include <catch2/catch.hpp>
#include <fstream>
#include <thread>
#include <vector>

#include "digest/sha256.h"
#include "server/blobs/folder/folder_blob_store.h"
#include "support/temp_dir.h"

namespace atelier::server {
namespace {

int CountFiles(const std::filesystem::path& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("What is stored twice, even at the same time, is kept once", "[blobs]") {
  const testing::TempDir dir;
  const auto blobs = FolderBlobStore::Open(dir.path());
  REQUIRE(blobs.has_value());
  const std::string bytes("a picture\0with a zero", 21);
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) writers.emplace_back([&] { (void)(*blobs)->Put(bytes); });
  for (std::thread& writer : writers) writer.join();
  const auto digest = (*blobs)->Put(bytes);
  REQUIRE(digest.has_value());
  CHECK(*digest == Sha256Hex(bytes));
  CHECK(CountFiles(dir.path()) == 1);
  CHECK((*blobs)->Get(*digest) == bytes);
  CHECK((*blobs)->Stat(*digest)->size_bytes == 21);
}

TEST_CASE("What a crash left half written is swept and never read", "[blobs]") {
  const testing::TempDir dir;
  std::filesystem::create_directories(dir.path() / "tmp");
  std::ofstream(dir.path() / "tmp" / "torn") << "half a pic";
  const auto blobs = FolderBlobStore::Open(dir.path());
  REQUIRE(blobs.has_value());
  CHECK(CountFiles(dir.path()) == 0);
  CHECK((*blobs)->Put("half a picture").has_value());
}

TEST_CASE("Stored bytes are there after reopening", "[blobs]") {
  const testing::TempDir dir;
  const auto digest = (*FolderBlobStore::Open(dir.path()))->Put("bytes");
  REQUIRE(digest.has_value());
  CHECK((*FolderBlobStore::Open(dir.path()))->Get(*digest) == std::string("bytes"));
}

TEST_CASE("A missing or malformed digest is NOT_FOUND and never a path", "[blobs]") {
  const testing::TempDir dir;
  const auto blobs = FolderBlobStore::Open(dir.path());
  REQUIRE(blobs.has_value());
  for (const std::string& digest :
       {std::string(64, 'a'), std::string("../../../../etc/passwd"), std::string()}) {
    const auto bytes = (*blobs)->Get(digest);
    REQUIRE_FALSE(bytes.has_value());
    CHECK(bytes.error().code == Code::kNotFound);
  }
  CHECK_FALSE(DigestOfAsset("assets/" + std::string(64, 'A')).has_value());
  CHECK_FALSE(DigestOfAsset(std::string(64, 'a')).has_value());
  CHECK(DigestOfAsset("assets/" + std::string(64, 'a')).has_value());
}

}  // namespace atelier::server
