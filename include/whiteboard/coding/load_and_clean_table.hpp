// Question:    Load a CSV and clean it: types, missing values, duplicates,
//              outliers (the Pandas question, without Pandas).
// Answer:      questions/coding/load_and_clean_table.md (equation numbers are its own)
// Method:      split into records with a four-state machine, mark what is
//              missing, drop repeated records, type whole columns, fill gaps
// Time:        O(bytes) to parse, O(n log n) comparisons of records and, in a
//              filled column, of values
// Memory:      O(bytes)
// Numerics:    a number is a field that is one finite decimal number from end
//              to end, with a point in every locale
// References:  [1] Shafranovich, Common Format and MIME Type for
//                  Comma-Separated Values (CSV) Files, RFC 4180, 2005
// Symbols:     n  rows below the header
#pragma once

#include <whiteboard/core/require.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <locale>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace whiteboard::coding {

/// What the gaps of a numeric column are filled with; of several modes the
/// smallest.
enum class Impute { none, mean, median, mode };

struct CleanOptions {
  std::vector<std::string> missing_tokens{"", "NA", "nan"};
  std::map<std::string, Impute> impute{};  ///< by column; none where absent
  std::map<std::string, double> fills{};   ///< by column, learned elsewhere
  bool drop_duplicates = true;
};

/// Named columns of equal length; nullopt is a missing value.
struct DataFrame {
  struct Column {
    std::string name;
    bool is_numeric = false;
    std::vector<std::optional<double>> numbers{};     ///< empty if text
    std::vector<std::optional<std::string>> texts{};  ///< empty if numeric
  };
  std::size_t rows = 0;
  std::vector<Column> columns{};
  std::map<std::string, double> fills{};  ///< what gaps were filled with

  /// The column `name`. Throws std::invalid_argument when there is none.
  const Column& column(std::string_view name) const {
    const auto found = std::find_if(
        columns.begin(), columns.end(),
        [&](const Column& candidate) { return candidate.name == name; });
    require(found != columns.end(), "DataFrame: no column '", name, "'");
    return *found;
  }
};

// solution:begin
/// One record, and the line it starts on.
struct CsvRecord {
  std::size_t line;
  std::vector<std::optional<std::string>> fields;
};

/// RFC 4180 [1]; the end of the text ends the last record, empty lines are
/// skipped.
inline std::vector<CsvRecord> split_csv(std::string_view csv) {
  if (csv.starts_with("\xEF\xBB\xBF")) csv.remove_prefix(3);  // BOM
  enum { fresh, plain, quoted, closed } state = fresh;
  std::vector<CsvRecord> records;
  CsvRecord record{1, {""}};
  std::size_t line = 1;
  for (std::size_t i = 0; i <= csv.size(); ++i) {
    const bool at_end = i == csv.size();
    const char c = at_end ? '\n' : csv[i];
    const char next = i + 1 < csv.size() ? csv[i + 1] : '\n';
    std::string& field = *record.fields.back();
    if (c == '\n') ++line;
    if (state == quoted && !at_end) {
      if (c == '"' && next != '"') state = closed;
      if (state == quoted) field += c;
      if (state == quoted && c == '"') ++i;  // two quotes stand for one
    } else if (c == ',') {
      record.fields.emplace_back("");
      state = fresh;
    } else if (c == '\n') {
      require(state != quoted, "load_and_clean: line ", record.line,
              ": a quote is never closed");
      const bool blank = state == fresh && record.fields.size() == 1;
      if (!blank) records.push_back(record);
      record = {line, {""}};
      state = fresh;
    } else if (c == '"' && state == fresh) {
      state = quoted;
    } else if (c != '\r' || next != '\n') {  // a Windows line end is no text
      require(state != closed, "load_and_clean: line ", line,
              ": text after a closing quote");
      field += c;
      state = plain;
    }
  }
  return records;
}

inline std::optional<double> parse_number(const std::string& field) {
  // Some standard libraries read "0x1p3" and "nan", others do not.
  if (field.find_first_not_of("0123456789+-.eE") != field.npos) return {};
  std::istringstream in(field);
  in.imbue(std::locale::classic());
  double value = 0.0;
  const bool whole = (in >> value) && in.peek() == EOF;
  return whole ? std::optional(value) : std::nullopt;
}

/// Column j, numeric if every field that is not missing is a number.
inline DataFrame::Column typed_column(const std::string& name,
                                      const std::vector<CsvRecord>& records,
                                      std::size_t j, bool must_be_numeric) {
  DataFrame::Column column{name, true};
  for (const CsvRecord& record : records) {
    const std::optional<std::string>& field = record.fields[j];
    column.texts.push_back(field);
    column.numbers.push_back(field ? parse_number(*field) : std::nullopt);
    if (!field || column.numbers.back()) continue;
    require(!must_be_numeric, "load_and_clean: line ", record.line, ": '",
            *field, "' is not a number (column '", name, "')");
    column.is_numeric = false;
  }
  if (column.is_numeric) column.texts.clear();
  if (!column.is_numeric) column.numbers.clear();
  return column;
}

/// The mean, median or mode of the values that are not missing.
inline double learned_fill(const DataFrame::Column& column, Impute how) {
  std::vector<double> known;
  for (const auto& number : column.numbers) {
    if (number) known.push_back(*number);
  }
  const std::size_t n = known.size();
  require(n > 0, "load_and_clean: column '", column.name,
          "' has no value to learn from");
  if (how == Impute::mean) {
    return std::accumulate(known.begin(), known.end(), 0.0) /
           static_cast<double>(n);
  }
  if (how == Impute::median) {
    std::sort(known.begin(), known.end());
    return std::midpoint(known[(n - 1) / 2], known[n / 2]);
  }
  std::map<double, std::size_t> votes;
  for (const double value : known) ++votes[value];
  const auto fewer = [](const auto& a, const auto& b) {
    return a.second < b.second;
  };
  return std::max_element(votes.begin(), votes.end(), fewer)->first;
}

/// Throws when a name in the header repeats or an option is for none of them.
inline void check_names(const CsvRecord& header, const CleanOptions& options) {
  std::set<std::string> names;
  for (const auto& name : header.fields) {
    require(names.insert(*name).second, "load_and_clean: line ", header.line,
            ": column '", *name, "' comes twice");
  }
  for (const auto& [name, how] : options.impute) {
    require(names.contains(name), "load_and_clean: no column '", name, "'");
  }
  for (const auto& [name, value] : options.fills) {
    require(names.contains(name), "load_and_clean: no column '", name, "'");
    require(std::isfinite(value), "load_and_clean: the fill of column '", name,
            "' is ", value);
  }
}

/// Missing tokens become nullopt. Throws on a row that is not `width` long.
inline void mark_missing(std::vector<CsvRecord>& records, std::size_t width,
                         const std::vector<std::string>& tokens) {
  for (auto& [line, fields] : records) {
    require(fields.size() == width, "load_and_clean: line ", line, " has ",
            fields.size(), " fields, the header ", width);
    for (std::optional<std::string>& field : fields) {
      if (std::count(tokens.begin(), tokens.end(), *field) > 0) field.reset();
    }
  }
}
// solution:end

/// Parses `csv`, a header and rows of as many fields, turns missing tokens into
/// missing values, drops rows equal to an earlier one in every field, gives
/// each column its type and fills gaps: with options.fills where it names the
/// column, else as options.impute says. In this order. Quoted or not makes no
/// difference to a field's value; missing values equal each other.
///
/// Throws std::invalid_argument, naming the line, on a row of another length,
/// an unclosed quote, text after a closing one, a repeated name, and a field
/// that is no number in a column to fill. Also without a header, for options of
/// an unknown column, a fill that is not finite, and a column of gaps that has
/// to learn its fill.
inline DataFrame load_and_clean(std::string_view csv,
                                const CleanOptions& options) {
  // solution:begin
  std::vector<CsvRecord> records = split_csv(csv);
  require(!records.empty(), "load_and_clean: no header");
  const CsvRecord header = records.front();
  records.erase(records.begin());
  check_names(header, options);
  mark_missing(records, header.fields.size(), options.missing_tokens);
  if (options.drop_duplicates) {
    std::set<std::vector<std::optional<std::string>>> seen;
    std::erase_if(records, [&](const CsvRecord& record) {
      return !seen.insert(record.fields).second;
    });
  }

  DataFrame frame{records.size()};
  for (std::size_t j = 0; j < header.fields.size(); ++j) {
    const std::string& name = *header.fields[j];
    const auto given = options.fills.find(name);
    const auto how = options.impute.find(name);
    const bool is_given = given != options.fills.end();
    const bool fill = is_given || (how != options.impute.end() &&
                                   how->second != Impute::none);
    DataFrame::Column column = typed_column(name, records, j, fill);
    if (fill) {
      const double value =
          is_given ? given->second : learned_fill(column, how->second);
      for (auto& number : column.numbers) number = number.value_or(value);
      frame.fills[name] = value;
    }
    frame.columns.push_back(std::move(column));
  }
  return frame;
  // solution:end
}

}  // namespace whiteboard::coding
