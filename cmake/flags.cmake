# Flags of our own programs. The library itself imposes none on its users.

add_library(whiteboard_flags INTERFACE)
target_compile_options(whiteboard_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(WHITEBOARD_WERROR)
  target_compile_options(whiteboard_flags INTERFACE -Werror)
endif()
if(WHITEBOARD_SANITIZE)
  target_compile_options(whiteboard_flags INTERFACE
    -fsanitize=${WHITEBOARD_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(whiteboard_flags INTERFACE
    -fsanitize=${WHITEBOARD_SANITIZE})
endif()

# The name of a question's target: test_algorithms_k_means.
function(whiteboard_target_name result prefix source suffix)
  string(REGEX REPLACE "${suffix}$" "" name "${source}")
  string(REPLACE "/" "_" name "${name}")
  set(${result} "${prefix}_${name}" PARENT_SCOPE)
endfunction()
