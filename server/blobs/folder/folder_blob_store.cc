#include "server/blobs/folder/folder_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/ids.h"
#include "digest/sha256.h"

namespace atelier::server {
namespace {

namespace fs = std::filesystem;

Unexpected FileError(const std::string& what, const fs::path& path, int number) {
  const std::string message = what + " " + path.string() + ": " + std::strerror(number);
  if (number == ENOSPC || number == EDQUOT) {
    return MakeError(Code::kResourceExhausted, "STORAGE_FULL", message);
  }
  return MakeError(Code::kInternal, "STORAGE_FAILED", message);
}

// Closes at the end of its scope.
struct Descriptor {
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() {
    if (number >= 0) close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int number;
};

Status WriteAndSync(const fs::path& path, std::string_view bytes) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.number < 0) return FileError("cannot make", path, errno);
  while (!bytes.empty()) {
    const ssize_t written = write(file.number, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("cannot write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (fsync(file.number) != 0) return FileError("cannot sync", path, errno);
  return {};
}

// A rename is durable once its folder is synced.
Status SyncFolder(const fs::path& path) {
  const Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number < 0 || fsync(folder.number) != 0) {
    return FileError("cannot sync", path, errno);
  }
  return {};
}

// Makes ROOT/ab/cd; syncs the folders that got a new entry.
Status MakeFolders(const fs::path& root, const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return {};
  fs::create_directories(folder, error);
  if (error) return FileError("cannot make", folder, error.value());
  ATELIER_RETURN_IF_ERROR(SyncFolder(folder.parent_path()));
  return SyncFolder(root);
}

}  // namespace

Result<std::unique_ptr<FolderBlobStore>> FolderBlobStore::Open(const fs::path& root) {
  std::error_code error;
  fs::remove_all(root / "tmp", error);
  if (!error) fs::create_directories(root / "tmp", error);
  if (error) return FileError("cannot make", root / "tmp", error.value());
  return std::unique_ptr<FolderBlobStore>(new FolderBlobStore(root));
}

fs::path FolderBlobStore::PathOf(std::string_view digest) const {
  return root_ / digest.substr(0, 2) / digest.substr(2, 2) / digest;
}

Result<std::string> FolderBlobStore::Put(std::string_view bytes) {
  std::string digest = Sha256Hex(bytes);
  const fs::path path = PathOf(digest);
  std::error_code error;
  if (fs::exists(path, error)) return digest;

  const fs::path temporary = root_ / "tmp" / NewId();
  Status written = WriteAndSync(temporary, bytes);
  if (written) written = MakeFolders(root_, path.parent_path());
  if (written && rename(temporary.c_str(), path.c_str()) != 0) {
    written = FileError("cannot rename into", path, errno);
  }
  if (!written) {
    fs::remove(temporary, error);
    return Propagate(written.error());
  }
  ATELIER_RETURN_IF_ERROR(SyncFolder(path.parent_path()));
  return digest;
}

Result<std::string> FolderBlobStore::Get(std::string_view digest) {
  ATELIER_ASSIGN_OR_RETURN(const BlobInfo info, Stat(digest));
  std::ifstream file(PathOf(digest), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (file.bad() || static_cast<int64_t>(bytes.size()) != info.size_bytes) {
    return MakeError(Code::kDataLoss, "STORAGE_FAILED", "cannot read " + PathOf(digest).string());
  }
  return bytes;
}

Result<BlobInfo> FolderBlobStore::Stat(std::string_view digest) {
  ATELIER_RETURN_IF_ERROR(DigestOfAsset(AssetName(digest)));
  struct stat status;
  if (stat(PathOf(digest).c_str(), &status) != 0) return AssetNotFound(AssetName(digest));
  return BlobInfo{status.st_size, std::chrono::system_clock::from_time_t(status.st_mtime)};
}

}  // namespace atelier::server
