// A CSV file as named columns of text, and those as numbers and labels. Every
// error says where: "iris.csv:12:3: 'x' is not a finite number".
#pragma once

#include <whiteboard/core/matrix.hpp>
#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace whiteboard {

/// One column of class labels as the numbers 0 .. classes.size() - 1.
struct Labels {
  Eigen::VectorXi ids;               ///< n, each an index into `classes`
  std::vector<std::string> classes;  ///< in order of first appearance
};

/// A table: a header line of names, then rows of equally many fields.
struct Table {
  std::string source;                          ///< file name, for messages
  std::vector<std::string> names;              ///< of the columns
  std::vector<std::vector<std::string>> rows;  ///< fields, as written
  std::vector<std::size_t> lines;              ///< where each row starts

  /// Position of the column `name`. Throws when there is none.
  std::size_t column(std::string_view name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    require(found != names.end(), source, ": no column '", name, "'");
    return static_cast<std::size_t>(found - names.begin());
  }

  /// Columns first, ..., last - 1 as an n x (last - first) matrix. Throws at
  /// the first field that is not a finite number.
  Matrix matrix(std::size_t first, std::size_t last) const {
    require(first <= last && last <= names.size(), source, ": columns ", first,
            " to ", last, " asked for, but there are ", names.size());
    Matrix X(static_cast<Eigen::Index>(rows.size()),
             static_cast<Eigen::Index>(last - first));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t j = first; j < last; ++j) {
        X(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j - first)) =
            number(i, j);
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
  double number(std::size_t i, std::size_t j) const {
    const std::string& field = rows[i][j];
    char* end = nullptr;
    const double value = std::strtod(field.c_str(), &end);
    const bool whole = !field.empty() && end == field.data() + field.size();
    require(whole && std::isfinite(value), source, ":", lines[i], ":", j + 1,
            ": '", field, "' is not a finite number (column '", names[j], "')");
    return value;
  }
};

/// Reads one record that starts at `position`, which moves behind its line
/// end. Fields may be quoted (RFC 4180): "a, b" and "say ""hi""".
inline std::vector<std::string> read_record(std::string_view text,
                                            std::size_t& position,
                                            std::string_view where) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (; position < text.size(); ++position) {
    const char c = text[position];
    const bool doubled =
        c == '"' && position + 1 < text.size() && text[position + 1] == '"';
    if (quoted && doubled) {
      fields.back() += '"';
      ++position;
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      fields.emplace_back();
    } else if (!quoted && c == '\n') {
      break;
    } else {
      fields.back() += c;
    }
  }
  require(!quoted, where, ": a quoted field is never closed");
  ++position;
  if (!fields.back().empty() && fields.back().back() == '\r') {
    fields.back().pop_back();
  }
  return fields;
}

/// Parses CSV text: a header line, then at least one row. Blank lines, a byte
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
    const bool blank = fields.size() == 1 && fields[0].empty();
    if (table.names.empty() && !blank) {
      table.names = std::move(fields);
    } else if (!blank) {
      require(fields.size() == table.names.size(), where, ": expected ",
              table.names.size(), " fields, got ", fields.size());
      table.rows.push_back(std::move(fields));
      table.lines.push_back(line);
    }
    const std::string_view record =
        text.substr(start, std::min(position, text.size()) - start);
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
  require(file.good() && !std::filesystem::is_directory(path),
          "read_csv: cannot open ", path.string());
  const std::string text{std::istreambuf_iterator<char>(file),
                         std::istreambuf_iterator<char>()};
  require(!file.bad(), "read_csv: cannot read ", path.string());
  return parse_csv(text, path.filename().string());
}

}  // namespace whiteboard
