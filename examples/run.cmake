# Runs an example and says how it ended, for the tests' patterns:
#   cmake -D program=<file> -D argument=<none or one> -P run.cmake

set(command ${program} ${argument})
execute_process(COMMAND ${command} RESULT_VARIABLE status
                OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}\nexit code ${status}")
