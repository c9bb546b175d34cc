// C++ source taken apart without a compiler: tokens, function bodies, the
// empty answer, the solution regions of a coding question.
//
// This is no parser of C++. It knows what the headers of this project contain,
// keeps going on anything else, and never throws on bad input.
#pragma once

#include "answer.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wb {

enum class TokenKind {
  identifier,  ///< and keywords
  number,      ///< with digit separators and suffix
  string,      ///< "..." with prefix and suffix
  raw_string,  ///< R"(...)" with prefix and suffix
  character,
  comment,       ///< one of // or /* */, without the end of its line
  punctuation,   ///< the longest operator, but ">>" is two of ">"
  preprocessor,  ///< a whole directive up to its end or its comment
};

/// A piece of source. Blanks between tokens are not tokens.
struct Token {
  TokenKind kind;
  std::string_view text;   ///< views the source, which must outlive it
  std::size_t offset = 0;  ///< of its first byte
  std::size_t line = 1;    ///< of its first byte, from 1

  bool is(std::string_view what) const {
    return text == what &&
           (kind == TokenKind::identifier || kind == TokenKind::punctuation);
  }
};

/// All tokens in order. What is not terminated ends with its line (strings,
/// characters) or with the source (raw strings, comments).
std::vector<Token> tokenize(std::string_view source);

/// The definition of a function: free, member, template, constructor,
/// operator. Lambdas and functions of local classes belong to the body around
/// them. In a test file each TEST_CASE is one, named TEST_CASE.
struct FunctionBody {
  std::string name;           ///< unqualified: "fit", "operator+", "~Pool"
  std::string return_type;    ///< one blank between words; of a constructor ""
  bool is_constexpr = false;  ///< constexpr or consteval
  bool is_noreturn = false;   ///< has the attribute
  bool returns_void = false;
  bool is_auto = false;   ///< `auto`, `decltype(auto)`, `Concept auto`
  bool in_class = false;  ///< defined inside the braces of a class
  std::size_t begin = 0;  ///< offset of the declaration's first byte
  std::size_t open = 0;   ///< offset of the body's '{'
  std::size_t close = 0;  ///< offset of the body's '}'
  std::size_t line = 1;   ///< of the declaration's first byte, from 1
  std::size_t lines = 1;  ///< from there to the closing brace
};

/// Every function body of the source, in order.
std::vector<FunctionBody> function_bodies(std::string_view source);

/// The header with nothing in it: each body returns a value-initialised result,
/// or throws std::logic_error("empty answer") where there is no such value
/// (references, types without a default). Left alone: constructors,
/// destructors, constexpr functions and main(). What it needs stands behind the
/// last #include. Parameters go unused, so compile it without -Werror.
std::string empty_answer(std::string_view source);

/// The lines between `// solution:begin` and `// solution:end`: statements of
/// one function, or whole declarations (helpers, members of a class).
struct SolutionRegion {
  std::size_t begin_line = 0;  ///< of the first marker, from 1
  std::size_t end_line = 0;    ///< of the second marker
  std::size_t begin = 0;       ///< offset behind the line of the first marker
  std::size_t end = 0;         ///< offset of the line of the second marker
  bool in_body = true;         ///< statements rather than declarations
};

struct SolutionRegions {
  std::vector<SolutionRegion> regions;  ///< the sound ones, in order
  std::vector<Problem> problems;
};

/// The header with its solution regions emptied and nothing else: a function
/// with a region returns a value-initialised result as in empty_answer(), a
/// region in a constructor and one of declarations is left out.
std::string empty_solutions(std::string_view source);

/// Finds the regions and checks them: markers come in pairs, each alone on its
/// line; a region lies inside one function body or outside of all, and its
/// brackets are balanced.
SolutionRegions solution_regions(std::string_view source);

}  // namespace wb
