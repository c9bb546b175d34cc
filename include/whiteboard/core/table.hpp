// A CSV file as named columns of text, and those as numbers and labels. Every
// error says where: "iris.csv:12:3: 'x' is not a finite number".
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace whiteboard {

/// One column of class labels as the numbers 0 .. classes.size() - 1.
struct Labels {
  Eigen::VectorXi ids;               ///< n, each an index into `classes`
  std::vector<std::string> classes;  ///< in order of first appearance
};

/// A table: a header line of names, then rows of equally many fields. Fields
/// are bytes, kept as they are: valid UTF-8 or not is the reader's affair.
struct Table {
  std::string source;                          ///< file name, for messages
  std::vector<std::string> names;              ///< of the columns
  std::vector<std::vector<std::string>> rows;  ///< fields, without quotes
  std::vector<std::size_t> lines;              ///< where each row starts

  /// Position of the column `name`. Throws when there is none, or two.
  std::size_t column(std::string_view name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    require(found != names.end(), source, ": no column '", name, "'");
    require(std::find(found + 1, names.end(), name) == names.end(), source,
            ": more than one column '", name, "'");
    return static_cast<std::size_t>(found - names.begin());
  }

  /// Columns first, ..., last - 1 as an n x (last - first) matrix. Throws at
  /// the first field that is not a finite decimal number; spaces around one do
  /// no harm.
  Matrix matrix(std::size_t first, std::size_t last) const {
    require(first <= last && last <= names.size(), source, ": columns ", first,
            " to ", last, " asked for, but there are ", names.size());
    Matrix X(static_cast<Eigen::Index>(rows.size()),
             static_cast<Eigen::Index>(last - first));
    std::istringstream parser;
    parser.imbue(std::locale::classic());  // 5.1 is 5.1 in every country
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = first; j < last; ++j) {
        X(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j - first)) =
            number(i, j, parser);
      }
    }
    return X;
  }

  /// All columns but the last, which by our convention is the target.
  Matrix features() const { return matrix(0, names.size() - 1); }

  /// The column `name` as n numbers.
  Vector numbers(std::string_view name) const {
    const std::size_t j = column(name);
    return matrix(j, j + 1).col(0);
  }

  /// The column `name` as n class labels.
  Labels labels(std::string_view name) const {
    const std::size_t j = column(name);
    Labels result{Eigen::VectorXi(static_cast<Eigen::Index>(rows.size())), {}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto& known = result.classes;
      const auto found = std::find(known.begin(), known.end(), rows[i][j]);
      result.ids(static_cast<Eigen::Index>(i)) =
          static_cast<int>(found - known.begin());
      if (found == known.end()) known.push_back(rows[i][j]);
    }
    return result;
  }

 private:
  double number(std::size_t i, std::size_t j,
                std::istringstream& parser) const {
    const std::string& field = rows[i][j];
    // Some standard libraries read "0x1p3" and "nan", others do not.
    bool valid = field.find_first_not_of("0123456789+-.eE \t") == field.npos;
    double value = 0.0;
    if (valid) {
      parser.clear();
      parser.str(field);
      valid = (parser >> value) && (parser >> std::ws).eof();
    }
    require(valid, source, ":", lines[i], ":", j + 1, ": '", field,
            "' is not a finite number (column '", names[j], "')");
    return value;
  }
};

/// Reads one record that starts at `position`, which moves behind its line
/// end. Fields may be quoted (RFC 4180): "a, b" and "say ""hi""".
inline std::vector<std::string> read_record(std::string_view text,
                                            std::size_t& position,
                                            std::string_view where) {
  enum { at_start, plain, quoted, closed } state = at_start;
  std::vector<std::string> fields(1);
  for (; position < text.size(); ++position) {
    const char c = text[position];
    const char next = position + 1 < text.size() ? text[position + 1] : '\n';
    if (state == quoted && (c != '"' || next == '"')) {
      fields.back() += c;
      if (c == '"') ++position;  // two quotes stand for one
    } else if (state == quoted) {
      state = closed;
    } else if (c == '\n' || (c == '\r' && next == '\n')) {
      if (c == '\r') ++position;
      break;
    } else if (c == ',') {
      fields.emplace_back();
      state = at_start;
    } else if (c == '"' && state == at_start) {
      state = quoted;
    } else {
      require(state != closed, where,
              ": text after the closing quote of field ", fields.size());
      fields.back() += c;
      state = plain;
    }
  }
  require(state != quoted, where, ": a quoted field is never closed");
  ++position;
  return fields;
}

/// Parses CSV text: a header line, then at least one row. Empty lines, a byte
/// order mark and Windows line ends are accepted. Throws std::invalid_argument
/// when there is no row or when a row has another number of fields.
inline Table parse_csv(std::string_view text, std::string source) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Table table{std::move(source), {}, {}, {}};
  std::size_t line = 1;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t start = position;
    const std::string where = table.source + ":" + std::to_string(line);
    auto fields = read_record(text, position, where);
    const std::string_view record = text.substr(start, position - start);
    const bool blank = record == "\n" || record == "\r\n" || record == "\r";
    if (table.names.empty() && !blank) {
      table.names = std::move(fields);
    } else if (!blank) {
      require(fields.size() == table.names.size(), where, ": expected ",
              table.names.size(), " fields, got ", fields.size());
      table.rows.push_back(std::move(fields));
      table.lines.push_back(line);
    }
    line += static_cast<std::size_t>(
        std::count(record.begin(), record.end(), '\n'));
  }
  require(!table.rows.empty(), table.source, ": no rows");
  return table;
}

/// Reads a CSV file. Throws std::invalid_argument naming the path when it
/// cannot be read, and as parse_csv() does.
inline Table read_csv(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;  // a path that cannot be asked cannot be opened
  require(file.good() && !std::filesystem::is_directory(path, ignored),
          "read_csv: cannot open ", path.string());
  std::string text;
  std::array<char, 1 << 14> block;
  do {
    file.read(block.data(), block.size());
    text.append(block.data(), static_cast<std::size_t>(file.gcount()));
  } while (file.good());
  require(!file.bad(), "read_csv: cannot read ", path.string());
  return parse_csv(text, path.filename().string());
}

}  // namespace whiteboard
