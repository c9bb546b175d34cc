// A folder that is gone when its test ends.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "workspace.hpp"

namespace wb {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (fs::temp_directory_path() / "whiteboard-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code none;
    fs::remove_all(path_, none);
  }

  const fs::path& path() const { return path_; }

  /// Writes a file below the folder, making the folders on its way.
  void add(const fs::path& relative, std::string_view text) const {
    write_file(path_ / relative, text);
  }

 private:
  fs::path path_;
};

}  // namespace wb
