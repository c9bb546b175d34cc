# Configures, builds and runs one consumer project with the compiler of the
# tests, in a folder of its own:
#
#   cmake -D kind=find_package -D source=<repository> -D build=<its build>
#         -D work=<scratch folder> -D compiler=<c++> -D generator=<name>
#         -P run.cmake

foreach(name kind source build work compiler generator)
  if(NOT DEFINED ${name})
    message(FATAL_ERROR "run.cmake: -D ${name}=... is missing")
  endif()
endforeach()
# Flags from the environment are not what is on trial.
unset(ENV{CXXFLAGS})
unset(ENV{LDFLAGS})
file(REMOVE_RECURSE ${work})

# Runs a command, stops with its output when it fails, and keeps that output.
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status
                  OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${kind}: cannot ${what}\n${text}")
  endif()
  set(output "${text}" PARENT_SCOPE)
endfunction()

# Each header of include/, the package files, and nothing else.
function(check_what_is_installed prefix)
  file(GLOB_RECURSE wanted RELATIVE ${source}
       ${source}/include/whiteboard/*.hpp)
  file(GLOB_RECURSE installed RELATIVE ${prefix} ${prefix}/*)
  set(headers ${installed})
  list(FILTER headers INCLUDE REGEX "^include/")
  if(NOT "${headers}" STREQUAL "${wanted}")
    message(FATAL_ERROR "installed headers are '${headers}'\n"
                        "instead of '${wanted}'")
  endif()
  list(FILTER installed EXCLUDE REGEX
       "^include/|/cmake/whiteboard/whiteboard[A-Za-z]*\\.cmake$")
  if(installed)
    message(FATAL_ERROR "nobody asked to install '${installed}'")
  endif()
endfunction()

if(kind STREQUAL "find_package")
  run("install" ${CMAKE_COMMAND} --install ${build} --prefix ${work}/first)
  check_what_is_installed(${work}/first)
  # An installed tree may move.
  file(RENAME ${work}/first ${work}/prefix)
  set(options -DCMAKE_PREFIX_PATH=${work}/prefix)
else()
  set(options -DWHITEBOARD_SOURCE=${source})
endif()

run("configure" ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${kind}
    -B ${work}/build -G ${generator} -DCMAKE_CXX_COMPILER=${compiler}
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON ${options})
run("build" ${CMAKE_COMMAND} --build ${work}/build)
run("run the program" ${work}/build/consumer)
message("${output}")

if(kind STREQUAL "find_package")
  file(STRINGS ${work}/build/CMakeCache.txt found REGEX "^whiteboard_DIR:")
  if(NOT "${found}" MATCHES "=${work}/prefix/")
    message(FATAL_ERROR "another installation was found: ${found}")
  endif()
endif()

# The consumer asked for no warnings and no optimisation, so it gets none.
file(READ ${work}/build/compile_commands.json commands)
if("${commands}" MATCHES " -(W|O|march|mtune|fsanitize|include)[^ ]*")
  message(FATAL_ERROR "a flag leaked to the consumer: ${CMAKE_MATCH_0}")
endif()
