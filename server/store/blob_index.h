// BlobIndex: which blobs there are, when they were used and who needs them right now, for blobs
// whose bytes lie in a store of objects that several servers share.
//
// Every method is one transaction, as in JobStore: what a writing method changed is on disk when it
// returns. Times are the index's own clock's: with PostgreSQL the database's, so that servers whose
// clocks differ agree.
//
// The row of a blob says under which name its object lies. An object gets a new name whenever its
// blob is stored anew, so that a deletion that is late, of whichever server, never hits a blob that
// was stored again:
//
//     BeginPut -> an upload  -> the object is written -> EndPut -> a blob
//     RemoveUnused, RemoveClaimed: a blob -> garbage -> the object is deleted -> ForgetGarbage
//     AbandonPut, or an upload that nobody ended for long -> garbage -> ...
//
// Each arrow but those that speak of the object is one transaction, and at each place a crash
// leaves a row that says what is still to do. So nobody ever has to list the objects.
//
// Pins and deletions belong to a holder, a server process that renews itself. Those of a holder
// that did not for a while count no more.
//
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::server {

struct IndexedBlob {
  std::string digest;
  /// The name of its object.
  std::string object;
  int64_t bytes = 0;
  /// When it was stored, nanoseconds since 1970.
  int64_t create_ns = 0;

  bool operator==(const IndexedBlob&) const = default;
};

/// A place in the order of BlobIndex::ListUnused().
struct UnusedPlace {
  int64_t used_ms = std::numeric_limits<int64_t>::min();
  std::string digest = {};
};

struct UnusedBlob {
  IndexedBlob blob;
  UnusedPlace place;
};

class BlobIndex {
 public:
  struct Stored {
    /// No two uses have the same; later ones have higher numbers.
    int64_t use = 0;
    /// The blob was not there before.
    bool created = false;
  };
  virtual ~BlobIndex() = default;

  /// A use of the blob, when it is there. Otherwise nothing is returned and the caller writes the
  /// bytes to `object`, a name that was never used, and then calls EndPut() or AbandonPut().
  /// RESOURCE_EXHAUSTED / STORAGE_QUOTA when they do not fit into `max_bytes` (0: any number); what
  /// several calls begin at the same moment may go over it.
  virtual Result<std::optional<int64_t>> BeginPut(const std::string& digest,
                                                  const std::string& object, int64_t bytes,
                                                  int64_t max_bytes) = 0;
  /// The object of that upload is written: a use of its blob. When somebody else stored it
  /// meanwhile, theirs stays and the object is garbage. Nothing is returned when the upload is
  /// known no more: the object is garbage and the caller begins again.
  virtual Result<std::optional<Stored>> EndPut(const std::string& object) = 0;
  /// Ends an upload without a blob.
  virtual Status AbandonPut(const std::string& object) = 0;

  virtual Result<std::optional<IndexedBlob>> Find(const std::string& digest) = 0;
  /// A use of it. False when there is none.
  virtual Result<bool> Touch(const std::string& digest) = 0;
  /// Up to `limit` blobs after that place: those stored last first, those of one moment by digest
  /// from the highest on.
  virtual Result<std::vector<IndexedBlob>> List(int limit, int64_t before_ns,
                                                const std::string& before_digest) = 0;
  /// Bytes of all blobs and uploads.
  virtual Result<int64_t> Bytes() = 0;
  /// What time it is, milliseconds since 1970.
  virtual Result<int64_t> NowMs() = 0;

  /// Up to `limit` blobs after that place which were not used for `unused_for`, the longest unused
  /// first.
  virtual Result<std::vector<UnusedBlob>> ListUnused(int limit,
                                                     std::chrono::milliseconds unused_for,
                                                     const UnusedPlace& after = {}) = 0;
  /// Makes garbage of a blob that was not used for `unused_for` and that nobody has pinned. False
  /// when it stayed.
  virtual Result<bool> RemoveUnused(const std::string& digest,
                                    std::chrono::milliseconds unused_for) = 0;
  /// Makes garbage of a blob whose deletion `holder` has begun and, when `last_use` is given, whose
  /// last use that is. False when it stayed, or was not there.
  virtual Result<bool> RemoveClaimed(const std::string& digest, const std::string& holder,
                                     std::optional<int64_t> last_use = {}) = 0;
  /// Makes garbage of the uploads that nobody ended for `unused_for`. Returns how many.
  virtual Result<int64_t> RemoveUploads(std::chrono::milliseconds unused_for) = 0;
  /// Up to `limit` objects, by name after `after`, that are to be deleted.
  virtual Result<std::vector<std::string>> ListGarbage(int limit,
                                                       const std::string& after = {}) = 0;
  /// They are deleted.
  virtual Status ForgetGarbage(const std::vector<std::string>& objects) = 0;

  /// Lets what is `holder`'s count for `ttl` from now on, and forgets holders that count no more.
  virtual Status RenewHolder(const std::string& holder, std::chrono::milliseconds ttl) = 0;
  /// Forgets a holder and what is its.
  virtual Status RemoveHolder(const std::string& holder) = 0;
  /// `pin` is unique among the holder's. False while somebody deletes the blob. ABORTED /
  /// HOLDER_EXPIRED when the holder counts no more: it has to be renewed first.
  virtual Result<bool> Pin(const std::string& digest, const std::string& holder, int64_t pin) = 0;
  virtual Status Unpin(const std::string& holder, const std::vector<int64_t>& pins) = 0;
  /// False when somebody, the holder included, has the blob pinned or deletes it already. Otherwise
  /// nobody pins it before EndDeletion(). HOLDER_EXPIRED as above.
  virtual Result<bool> BeginDeletion(const std::string& digest, const std::string& holder) = 0;
  virtual Status EndDeletion(const std::string& digest, const std::string& holder) = 0;
};

inline constexpr char kHolderExpired[] = "HOLDER_EXPIRED";
Unexpected HolderExpired(const std::string& holder);
/// BeginPut()'s refusal of `bytes`.
Unexpected StorageQuota(int64_t max_bytes, int64_t bytes);

}  // namespace atelier::server
