// Stores: where the servers of a lab keep jobs and pictures.
#pragma once

#include <string>

namespace atelier::chaos {

struct Stores {
  /// Jobs in PostgreSQL; else in SQLite, in the data folder.
  bool postgres = false;
  /// Pictures in S3; else in the data folder.
  bool s3 = false;

  std::string Name() const {
    return std::string(postgres ? "PostgreSQL" : "SQLite") + ", " + (s3 ? "S3" : "folder");
  }
};

}  // namespace atelier::chaos
