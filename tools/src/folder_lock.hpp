// One wb at a time in a folder.
#pragma once

#include "progress.hpp"
#include "workspace.hpp"

namespace wb {

/// Holds folder/.wb.lock, which it creates, so that two wb do not work in the
/// same folder at once: the second one waits. The system lets go of it however
/// we end. Throws Error (environment) when the folder cannot be written.
class FolderLock {
 public:
  FolderLock(const fs::path& folder, Progress& progress);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_ = -1;
};

}  // namespace wb
