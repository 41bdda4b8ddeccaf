#include "server/blobs/folder/folder_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
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

// How long a use is remembered in memory too: longer than any jump of the wall clock that is to do
// no harm.
constexpr std::chrono::hours kRemembered(2);
// Uses that follow one another this fast are written into the file once.
constexpr std::chrono::minutes kTouchInterval(1);

timespec ToTimespec(Clock::Wall time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  return {static_cast<time_t>(since.count() / 1'000'000'000), since.count() % 1'000'000'000};
}

Clock::Wall ToWall(const timespec& time) {
  return Clock::Wall(std::chrono::duration_cast<Clock::Wall::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

bool IsDigest(std::string_view name) { return DigestOfAsset(AssetName(name)).has_value(); }

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

// The time of last use is ours to set; the kernel grants that to the file's owner alone.
int OpenToRead(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_NOATIME | O_CLOEXEC);
  if (file >= 0 || errno != EPERM) return file;
  return open(path.c_str(), O_RDONLY | O_CLOEXEC);
}

Status WriteAndSync(const fs::path& path, std::string_view bytes, Clock::Wall now) {
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (file.number < 0) return FileError("cannot make", path, errno);
  while (!bytes.empty()) {
    const ssize_t written = write(file.number, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("cannot write", path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  const timespec times[2] = {ToTimespec(now), ToTimespec(now)};  // Last use, first stored.
  if (futimens(file.number, times) != 0) return FileError("cannot date", path, errno);
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

Result<std::unique_ptr<FolderBlobStore>> FolderBlobStore::Open(const fs::path& root,
                                                               Options options,
                                                               const Clock& clock) {
  std::error_code error;
  fs::remove_all(root / "tmp", error);
  if (!error) fs::create_directories(root / "tmp", error);
  if (error) return FileError("cannot make", root / "tmp", error.value());
  std::unique_ptr<FolderBlobStore> store(new FolderBlobStore(root, options, clock));
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    if (!IsDigest(entry->path().filename().string())) continue;
    store->bytes_ += static_cast<int64_t>(entry->file_size(error));
  }
  if (error) return FileError("cannot read", root, error.value());
  return store;
}

fs::path FolderBlobStore::PathOf(std::string_view digest) const {
  return root_ / digest.substr(0, 2) / digest.substr(2, 2) / digest;
}

bool FolderBlobStore::MarkUsed(const std::string& digest) {
  const fs::path path = PathOf(digest);
  std::error_code error;
  if (!fs::exists(path, error)) return false;
  const Clock::Monotonic now = clock_.NowMonotonic();
  const auto [use, first] = used_.try_emplace(digest, Use{now, true});
  const bool fresh = !first && now - use->second.time < kTouchInterval;
  if (fresh) return true;
  use->second.time = now;
  const timespec times[2] = {ToTimespec(clock_.NowWall()), {0, UTIME_OMIT}};
  // Should it fail, the use is remembered by this process alone.
  (void)utimensat(AT_FDCWD, path.c_str(), times, 0);
  return true;
}

Result<std::string> FolderBlobStore::Put(std::string_view bytes, Origin origin) {
  std::string digest = Sha256Hex(bytes);
  {
    std::unique_lock lock(mutex_);
    if (MarkUsed(digest)) {
      if (used_.at(digest).synced) return digest;
      // Somebody else put it there a moment ago; what we answer must be on disk as well.
      lock.unlock();
      ATELIER_RETURN_IF_ERROR(SyncFolder(PathOf(digest).parent_path()));
      return digest;
    }
  }
  const auto size = static_cast<int64_t>(bytes.size());
  ATELIER_RETURN_IF_ERROR(Reserve(size, origin));
  ATELIER_RETURN_IF_ERROR(Store(digest, bytes));
  return digest;
}

Status FolderBlobStore::Store(const std::string& digest, std::string_view bytes) {
  const fs::path path = PathOf(digest);
  const fs::path temporary = root_ / "tmp" / NewId();
  Status written = WriteAndSync(temporary, bytes, clock_.NowWall());
  if (written) written = MakeFolders(root_, path.parent_path());
  bool added = false;
  if (written) {
    const std::lock_guard lock(mutex_);
    added = !MarkUsed(digest);
    if (added && rename(temporary.c_str(), path.c_str()) != 0) {
      written = FileError("cannot rename into", path, errno);
    }
    if (added && written) used_[digest] = {clock_.NowMonotonic(), false};
  }
  std::error_code error;
  if (!added || !written) {
    fs::remove(temporary, error);
    Release(static_cast<int64_t>(bytes.size()));
  }
  ATELIER_RETURN_IF_ERROR(written);
  ATELIER_RETURN_IF_ERROR(SyncFolder(path.parent_path()));
  const std::lock_guard lock(mutex_);
  const auto use = used_.find(digest);
  if (use != used_.end()) use->second.synced = true;
  return {};
}

Status FolderBlobStore::Reserve(int64_t bytes, Origin origin) {
  const std::lock_guard lock(mutex_);
  const bool limited = origin == Origin::kClient && options_.max_bytes > 0;
  if (limited && bytes_ + bytes > options_.max_bytes) {
    return MakeError(Code::kResourceExhausted, "STORAGE_QUOTA",
                     "the stored pictures must be at most " + std::to_string(options_.max_bytes) +
                         " bytes. Given: " + std::to_string(bytes) + " more than the " +
                         std::to_string(bytes_) + " that are there");
  }
  bytes_ += bytes;
  return {};
}

void FolderBlobStore::Release(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ -= bytes;
}

Status FolderBlobStore::Touch(std::string_view digest) {
  if (!IsDigest(digest)) return AssetNotFound(AssetName(digest));
  const std::lock_guard lock(mutex_);
  if (MarkUsed(std::string(digest))) return {};
  return AssetNotFound(AssetName(digest));
}

int64_t FolderBlobStore::RemoveIfUnused(const fs::path& path,
                                        std::chrono::milliseconds unused_for) {
  const std::lock_guard lock(mutex_);
  const auto use = used_.find(path.filename().string());
  const bool used = use != used_.end() && clock_.NowMonotonic() - use->second.time < unused_for;
  struct stat status;
  if (used || stat(path.c_str(), &status) != 0) return -1;
  if (clock_.NowWall() - ToWall(status.st_atim) < unused_for) return -1;
  if (unlink(path.c_str()) != 0) return -1;
  if (use != used_.end()) used_.erase(use);
  bytes_ -= status.st_size;
  return status.st_size;
}

Result<BlobStore::Swept> FolderBlobStore::Sweep(const Digests& named,
                                                std::chrono::milliseconds unused_for) {
  Swept swept;
  std::error_code error;
  fs::recursive_directory_iterator entry(root_, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!IsDigest(name) || named.contains(name)) continue;
    const int64_t bytes = RemoveIfUnused(entry->path(), unused_for);
    if (bytes < 0) continue;
    ++swept.blobs;
    swept.bytes += bytes;
  }
  if (error) return FileError("cannot read", root_, error.value());
  const std::lock_guard lock(mutex_);
  const auto oldest =
      clock_.NowMonotonic() - std::min<std::chrono::milliseconds>(unused_for, kRemembered);
  std::erase_if(used_,
                [&](const auto& use) { return use.second.synced && use.second.time < oldest; });
  return swept;
}

int64_t FolderBlobStore::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

Result<std::string> FolderBlobStore::Get(std::string_view digest) {
  ATELIER_ASSIGN_OR_RETURN(const BlobInfo info, Stat(digest));
  const fs::path path = PathOf(digest);
  const Descriptor file(OpenToRead(path));
  if (file.number < 0 && errno == ENOENT) return AssetNotFound(AssetName(digest));
  if (file.number < 0) return FileError("cannot open", path, errno);
  std::string bytes(static_cast<size_t>(info.size_bytes), '\0');
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t some = read(file.number, bytes.data() + got, bytes.size() - got);
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return FileError("cannot read", path, errno);
    if (some == 0) return MakeError(Code::kDataLoss, "STORAGE_FAILED", path.string() + " is short");
    got += static_cast<size_t>(some);
  }
  return bytes;
}

Result<BlobInfo> FolderBlobStore::Stat(std::string_view digest) {
  ATELIER_RETURN_IF_ERROR(DigestOfAsset(AssetName(digest)));
  struct stat status;
  if (stat(PathOf(digest).c_str(), &status) != 0) return AssetNotFound(AssetName(digest));
  return BlobInfo{status.st_size, ToWall(status.st_mtim)};
}

}  // namespace atelier::server
