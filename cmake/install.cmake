include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/whiteboard)

install(TARGETS whiteboard EXPORT whiteboard_targets)
install(EXPORT whiteboard_targets FILE whiteboardTargets.cmake
        NAMESPACE whiteboard:: DESTINATION ${config_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/whiteboard
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/whiteboardConfig.cmake.in
  ${PROJECT_BINARY_DIR}/whiteboardConfig.cmake
  INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/whiteboardConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/whiteboardConfig.cmake
              ${PROJECT_BINARY_DIR}/whiteboardConfigVersion.cmake
        DESTINATION ${config_dir})
