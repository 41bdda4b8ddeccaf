// What of a client's picture is stored, by upload and by value, and what the stored picture is
// named.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "digest/sha256.h"
#include "picture/picture_metadata.h"
#include "picture/png_text.h"
#include "rpc/status.h"
#include "support/photograph_files.h"
#include "unit/server/api/served_backend.h"

namespace atelier::server {
namespace {

/// A picture on its side with metadata, 64 x 48 as it is shown, of each format.
std::vector<std::string> Photographs() {
  return {AddJpegMetadata(JpegBytes(48, 64), 6), AddPngMetadata(PngBytes(48, 64), 6),
          AddWebpMetadata(WebpLossyBytes(48, 64), 48, 64, 6),
          MakeHeic(UndecodableHevc(48, 64), {.quarter_turns = 1})};
}

Result<v1::Asset> Upload(ServedBackend& backend, const std::string& bytes) {
  grpc::ClientContext context;
  v1::Asset asset;
  const auto writer = backend.assets->UploadAsset(&context, &asset);
  v1::UploadAssetRequest request;
  constexpr size_t kChunkBytes = 1 << 20;
  for (size_t at = 0; at < bytes.size(); at += kChunkBytes) {
    request.set_chunk(bytes.substr(at, kChunkBytes));
    if (!writer->Write(request)) break;
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) return tl::unexpected(rpc::FromGrpc(status));
  return asset;
}

std::string Download(ServedBackend& backend, const std::string& name) {
  v1::DownloadAssetRequest request;
  request.set_name(name);
  grpc::ClientContext context;
  const auto reader = backend.assets->DownloadAsset(&context, request);
  std::string bytes;
  v1::DownloadAssetResponse response;
  while (reader->Read(&response)) bytes += response.chunk();
  REQUIRE(reader->Finish().ok());
  return bytes;
}

std::string StoredOf(Backend& backend, const v1::Picture& picture) {
  return backend.blobs->Get(*DigestOfAsset(picture.asset())).value();
}

}  // namespace

TEST_CASE("An uploaded photograph is stored without its metadata, under its own name",
          "[metadata]") {
  ServedBackend backend;
  for (const std::string& file : Photographs()) {
    REQUIRE(file.find(kSecret) != std::string::npos);
    const v1::Asset asset = Upload(backend, file).value();
    const std::string stored = Download(backend, asset.name());
    CHECK(stored.find(kSecret) == std::string::npos);
    CHECK(stored == RemovePictureMetadata(file));
    CHECK(asset.name() == AssetName(Sha256Hex(stored)));
    CHECK(asset.size_bytes() == static_cast<int64_t>(stored.size()));
    CHECK(asset.width() == 64);
    CHECK(asset.height() == 48);
    // Once more, as it was sent and as it came back.
    CHECK(Upload(backend, file)->name() == asset.name());
    CHECK(Upload(backend, stored)->name() == asset.name());
  }
  CHECK(backend.CountBlobs() == 4);
}

TEST_CASE("The content type of a HEIC picture is told", "[metadata]") {
  ServedBackend backend;
  const std::string file = MakeHeic(UndecodableHevc(64, 48));
  CHECK(Upload(backend, file)->content_type() == "image/heic");
}

TEST_CASE("The size of a large stored photograph is told as it is shown", "[metadata]") {
  ServedBackend backend;
  const std::string pixels(200'000, 'x');
  const std::string webp = "RIFF" + std::string("\x4e\x0d\x03\0", 4) + "WEBPVP8 " +
                           std::string("\x40\x0d\x03\0", 4) +
                           WebpLossyBytes(48, 64).substr(20, 10) + pixels.substr(10);
  const std::string file = AddWebpMetadata(webp, 48, 64, 8);
  const v1::Asset asset = Upload(backend, file).value();
  CHECK(asset.size_bytes() > 199'000);
  CHECK(asset.width() == 64);
  CHECK(asset.height() == 48);
}

TEST_CASE("Pictures by value are stored without metadata, IUVs with their chart", "[metadata]") {
  Backend backend;
  v1::JobSpec spec = MakeSpec();
  v1::SynthesisSpec& synthesis = *spec.mutable_synthesis();
  for (const std::string& file : Photographs()) {
    synthesis.mutable_source()->set_data(file);
    const std::string iuv = AddPngText(IuvBytes(64, 64), "iuv_chart", "densepose");
    synthesis.mutable_pose_iuv()->set_data(AddPngMetadata(iuv, 1));
    const auto job = backend.Submit(spec);
    REQUIRE(job);
    v1::JobSpec stored;
    REQUIRE(stored.ParseFromString(job->spec));
    CHECK(StoredOf(backend, stored.synthesis().source()) == RemovePictureMetadata(file));
    CHECK(StoredOf(backend, stored.synthesis().pose_iuv()) == iuv);
  }
}

TEST_CASE("A submit with a photograph may be repeated under its request id", "[metadata]") {
  Backend backend;
  v1::JobSpec spec = MakeSpec();
  spec.mutable_synthesis()->mutable_source()->set_data(Photographs()[0]);
  const auto first = backend.Submit(spec, "once");
  REQUIRE(first);
  CHECK(backend.Submit(spec, "once")->id == first->id);
  spec.mutable_synthesis()->mutable_source()->set_data(Photographs()[1]);
  CHECK(backend.Submit(spec, "once").error().reason == "REQUEST_ID_REUSED");
}

TEST_CASE("A photograph of 48 million pixels and 20 MiB is stored", "[metadata]") {
  ServedBackend backend;
  const std::string png = PngBytes(8064, 6048, std::string(20 << 20, 'x'));
  const v1::Asset asset = Upload(backend, png).value();
  CHECK(asset.width() == 8064);
  CHECK(asset.height() == 6048);
  CHECK(Download(backend, asset.name()) == png);
  // By value, in one message with another one.
  v1::SubmitJobRequest request;
  *request.mutable_spec() = MakeSpec();
  request.mutable_spec()->mutable_synthesis()->mutable_source()->set_data(
      PngBytes(8064, 6048, std::string((32 << 20) - 100, 'x')));
  request.mutable_spec()->mutable_synthesis()->mutable_pose_picture()->set_data(
      PngBytes(6048, 8064, std::string((32 << 20) - 100, 'y')));
  grpc::ClientContext context;
  v1::Job job;
  CHECK(backend.jobs->SubmitJob(&context, request, &job).ok());
}

}  // namespace atelier::server
