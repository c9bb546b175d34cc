#include "folder_lock.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "error.hpp"

namespace wb {

FolderLock::FolderLock(const fs::path& folder, Progress& progress) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path path = folder / ".wb.lock";
  descriptor_ = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw Error(exit_environment,
                fmt::format("cannot write to the build folder {}: {}",
                            folder.string(), std::strerror(errno)));
  }
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    progress.update("waiting for another wb that is at work here", 0, 0);
    ::usleep(100'000);
  }
}

FolderLock::~FolderLock() {
  ::close(descriptor_);
}

}  // namespace wb
