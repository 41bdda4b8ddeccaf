// A fresh store of blobs of each kind: in a folder, and in S3 with its index in each kind of
// database.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "base/ids.h"
#include "conformance/blob_index_fixture.h"
#include "conformance/s3_server.h"
#include "server/blobs/folder/folder_blob_store.h"
#include "server/blobs/s3/s3_blob_store.h"
#include "support/temp_dir.h"

namespace atelier::server {

struct BlobStoreFixture {
  explicit BlobStoreFixture(const std::string& kind, int64_t max_bytes = 0)
      : kind(kind), max_bytes(max_bytes), prefix(NewId() + "/") {
    if (kind != "folder") index.emplace(kind.substr(kind.find('/') + 1));
    store = Open();
  }

  /// One more store of the same blobs; of a folder, instead of the one before.
  std::unique_ptr<BlobStore> Open() {
    if (!index) {
      auto opened = FolderBlobStore::Open(folder.path(), {.max_bytes = max_bytes}, folder_clock);
      REQUIRE(opened.has_value());
      return *std::move(opened);
    }
    auto opened =
        S3BlobStore::Open({.client = testing::RealS3(), .prefix = prefix, .max_bytes = max_bytes},
                          *index->index, index->clock);
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened.has_value());
    return *std::move(opened);
  }
  void Advance(std::chrono::milliseconds time) {
    folder_clock.Advance(time);
    if (index) index->Advance(time);
  }

  const std::string kind;
  const int64_t max_bytes;
  const std::string prefix;
  testing::TempDir folder;
  FakeClock folder_clock;
  std::optional<IndexFixture> index;
  std::unique_ptr<BlobStore> store;
};

#define OVER_EVERY_BLOB_STORE(...)                                                         \
  BlobStoreFixture fixture(GENERATE(as<std::string>(), "folder", "s3/memory", "s3/sqlite", \
                                    "s3/postgres") __VA_OPT__(, ) __VA_ARGS__);            \
  BlobStore& store = *fixture.store

}  // namespace atelier::server
