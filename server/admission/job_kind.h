// JobKind: everything that the server must know of one kind of job.
//
// The kinds are the cases of JobSpec's oneof. Queue, dispatch and API handle every kind alike and
// ask its JobKind for what differs: its rules, its defaults, the pictures in it, what may be
// painted with it. A kind of its own class is one file here and one line in job_kinds.cc. JobKinds
// have no state and are thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "atelier/v1/model.pb.h"
#include "atelier/v1/picture.pb.h"
#include "base/result.h"
#include "base/warning.h"
#include "server/blobs/blob_store.h"

namespace atelier::server {

/// What a spec is checked against.
struct SpecContext {
  /// Path of the kind's own spec in the client's message, e.g. "spec.synthesis", for errors.
  std::string prefix;
  /// Nothing while no worker ever told of it: then whatever depends on it passes.
  std::optional<v1::Model> model;
  BlobReader& blobs;
};

/// What a job asks of a worker, in the sizes that its time depends on.
struct JobSize {
  /// Pixels of all its pictures; 0: not known.
  int64_t pixels = 0;
  /// The same once for each denoising step, and twice where guidance doubles the rows.
  int64_t step_pixels = 0;
};

/// REQUIRES of all that take a spec: it is of this kind.
class JobKind {
 public:
  virtual ~JobKind() = default;

  virtual v1::JobSpec::KindCase spec_case() const = 0;

  /// `models/{model}`; empty: the server's default, which SetModel() then puts in.
  virtual std::string ModelOf(const v1::JobSpec& spec) const = 0;
  virtual void SetModel(v1::JobSpec& spec, const std::string& model) const = 0;

  /// Checks every rule of the kind's spec but the model's name. INVALID_ARGUMENT, NOT_FOUND (asset)
  /// or FAILED_PRECONDITION, naming the field. Nothing was stored yet.
  virtual Status Check(const v1::JobSpec& spec, const SpecContext& context) const = 0;
  /// Fills in what the client left open: drawn seeds, and the model's defaults as far as they are
  /// known.
  virtual void FillDefaults(v1::JobSpec& spec, const std::optional<v1::Model>& model) const = 0;
  /// What follows from spec and model already and makes the result doubtful.
  virtual std::vector<Warning> WarningsOf(const v1::JobSpec& spec,
                                          const v1::Model& model) const = 0;
  /// Every picture of the spec: each is stored, and kept while the job is.
  virtual std::vector<v1::Picture*> PicturesOf(v1::JobSpec& spec) const = 0;

  /// Jobs of equal key may be painted in one batch. Begins with the model; kinds that are not
  /// painted together have different keys.
  virtual std::string BatchKey(const v1::JobSpec& spec) const = 0;
  /// REQUIRES: Check() took the spec. A picture that is gone since counts as one of unknown size.
  virtual JobSize SizeOf(const v1::JobSpec& spec, BlobReader& blobs) const = 0;
  /// Pictures that complete it; 0: 1 to MostResults(), as the worker finds.
  virtual int CountResults(const v1::JobSpec& spec) const = 0;
  virtual int MostResults() const { return 0; }
  /// Whether its pictures are recorded one by one, stay when it does not succeed, and are joined to
  /// a film.
  virtual bool RecordsResults() const { return false; }
};

}  // namespace atelier::server
