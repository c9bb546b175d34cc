#include "maths_tree.hpp"

#include "text.hpp"

#include <algorithm>
#include <iterator>

namespace wb::maths {
namespace {

constexpr Symbol kSymbols[] = {
    // Greek.
    {"alpha", "α"},
    {"beta", "β"},
    {"gamma", "γ"},
    {"delta", "δ"},
    {"epsilon", "ε"},
    {"varepsilon", "ε"},
    {"zeta", "ζ"},
    {"eta", "η"},
    {"theta", "θ"},
    {"vartheta", "ϑ"},
    {"iota", "ι"},
    {"kappa", "κ"},
    {"lambda", "λ"},
    {"mu", "μ"},
    {"nu", "ν"},
    {"xi", "ξ"},
    {"pi", "π"},
    {"varpi", "ϖ"},
    {"rho", "ρ"},
    {"varrho", "ϱ"},
    {"sigma", "σ"},
    {"varsigma", "ς"},
    {"tau", "τ"},
    {"upsilon", "υ"},
    {"phi", "φ"},
    {"varphi", "φ"},
    {"chi", "χ"},
    {"psi", "ψ"},
    {"omega", "ω"},
    {"Gamma", "Γ"},
    {"Delta", "Δ"},
    {"Theta", "Θ"},
    {"Lambda", "Λ"},
    {"Xi", "Ξ"},
    {"Pi", "Π"},
    {"Sigma", "Σ"},
    {"Upsilon", "Υ"},
    {"Phi", "Φ"},
    {"Psi", "Ψ"},
    {"Omega", "Ω"},
    // Letters and other signs.
    {"ell", "ℓ"},
    {"hbar", "ħ"},
    {"imath", "ı"},
    {"jmath", "ȷ"},
    {"Re", "Re"},
    {"Im", "Im"},
    {"partial", "∂"},
    {"nabla", "∇"},
    {"infty", "∞"},
    {"emptyset", "∅"},
    {"varnothing", "∅"},
    {"forall", "∀"},
    {"exists", "∃"},
    {"neg", "¬"},
    {"lnot", "¬"},
    {"top", "⊤"},
    {"bot", "⊥"},
    {"angle", "∠"},
    {"prime", "′"},
    {"dagger", "†"},
    {"star", "⋆"},
    {"dots", "…"},
    {"ldots", "…"},
    {"cdots", "⋯"},
    {"dotsc", "…"},
    {"dotsb", "⋯"},
    {"vdots", "⋮"},
    {"ddots", "⋱"},
    {"degree", "°"},
    {"square", "□"},
    {"checkmark", "✓"},
    {"aleph", "ℵ"},
    {"%", "%"},
    {"$", "$"},
    {"#", "#"},
    {"&", "&"},
    {"_", "_"},
    {"backslash", "\\"},
    {"vert", "|"},
    {"Vert", "‖"},
    {"|", "‖"},
    {"lbrack", "[", Class::open},
    {"rbrack", "]", Class::close},
    {"colon", ":", Class::punctuation},
    // Functions.
    {"log", "log", Class::word},
    {"ln", "ln", Class::word},
    {"exp", "exp", Class::word},
    {"sin", "sin", Class::word},
    {"cos", "cos", Class::word},
    {"tan", "tan", Class::word},
    {"tanh", "tanh", Class::word},
    {"sinh", "sinh", Class::word},
    {"cosh", "cosh", Class::word},
    {"arctan", "arctan", Class::word},
    {"arg", "arg", Class::word},
    {"deg", "deg", Class::word},
    {"det", "det", Class::word},
    {"dim", "dim", Class::word},
    {"ker", "ker", Class::word},
    {"Pr", "Pr", Class::word},
    {"gcd", "gcd", Class::word},
    {"max", "max", Class::word, true},
    {"min", "min", Class::word, true},
    {"sup", "sup", Class::word, true},
    {"inf", "inf", Class::word, true},
    {"lim", "lim", Class::word, true},
    {"liminf", "lim inf", Class::word, true},
    {"limsup", "lim sup", Class::word, true},
    {"argmin", "arg min", Class::word, true},
    {"argmax", "arg max", Class::word, true},
    // Big operators.
    {"sum", "∑", Class::big, true},
    {"prod", "∏", Class::big, true},
    {"coprod", "∐", Class::big, true},
    {"bigcup", "⋃", Class::big, true},
    {"bigcap", "⋂", Class::big, true},
    {"bigoplus", "⊕", Class::big, true},
    {"bigvee", "⋁", Class::big, true},
    {"bigwedge", "⋀", Class::big, true},
    {"int", "∫", Class::big},
    {"iint", "∬", Class::big},
    {"oint", "∮", Class::big},
    // Binary operators.
    {"pm", "±", Class::binary},
    {"mp", "∓", Class::binary},
    {"times", "×", Class::binary},
    {"div", "÷", Class::binary},
    {"cdot", "·", Class::binary},
    {"ast", "∗", Class::binary},
    {"circ", "∘", Class::binary},
    {"bullet", "•", Class::binary},
    {"odot", "⊙", Class::binary},
    {"otimes", "⊗", Class::binary},
    {"oplus", "⊕", Class::binary},
    {"ominus", "⊖", Class::binary},
    {"cup", "∪", Class::binary},
    {"cap", "∩", Class::binary},
    {"setminus", "∖", Class::binary},
    {"wedge", "∧", Class::binary},
    {"land", "∧", Class::binary},
    {"vee", "∨", Class::binary},
    {"lor", "∨", Class::binary},
    {"bmod", "mod", Class::binary},
    {"mod", "mod", Class::binary},
    // Relations.
    {"le", "≤", Class::relation},
    {"leq", "≤", Class::relation},
    {"leqslant", "≤", Class::relation},
    {"ge", "≥", Class::relation},
    {"geq", "≥", Class::relation},
    {"geqslant", "≥", Class::relation},
    {"ne", "≠", Class::relation},
    {"neq", "≠", Class::relation},
    {"lt", "<", Class::relation},
    {"gt", ">", Class::relation},
    {"ll", "≪", Class::relation},
    {"gg", "≫", Class::relation},
    {"approx", "≈", Class::relation},
    {"sim", "∼", Class::relation},
    {"simeq", "≃", Class::relation},
    {"cong", "≅", Class::relation},
    {"equiv", "≡", Class::relation},
    {"propto", "∝", Class::relation},
    {"coloneqq", "≔", Class::relation},
    {"triangleq", "≜", Class::relation},
    {"doteq", "≐", Class::relation},
    {"prec", "≺", Class::relation},
    {"preceq", "⪯", Class::relation},
    {"succ", "≻", Class::relation},
    {"succeq", "⪰", Class::relation},
    {"lesssim", "≲", Class::relation},
    {"gtrsim", "≳", Class::relation},
    {"in", "∈", Class::relation},
    {"notin", "∉", Class::relation},
    {"ni", "∋", Class::relation},
    {"subset", "⊂", Class::relation},
    {"subseteq", "⊆", Class::relation},
    {"supset", "⊃", Class::relation},
    {"supseteq", "⊇", Class::relation},
    {"mid", "|", Class::relation},
    {"parallel", "∥", Class::relation},
    {"perp", "⊥", Class::relation},
    {"vdash", "⊢", Class::relation},
    {"models", "⊨", Class::relation},
    {"to", "→", Class::relation},
    {"rightarrow", "→", Class::relation},
    {"gets", "←", Class::relation},
    {"leftarrow", "←", Class::relation},
    {"leftrightarrow", "↔", Class::relation},
    {"longrightarrow", "⟶", Class::relation},
    {"longleftarrow", "⟵", Class::relation},
    {"Rightarrow", "⇒", Class::relation},
    {"Leftarrow", "⇐", Class::relation},
    {"Leftrightarrow", "⇔", Class::relation},
    {"Longrightarrow", "⟹", Class::relation},
    {"implies", "⟹", Class::relation},
    {"iff", "⟺", Class::relation},
    {"mapsto", "↦", Class::relation},
    {"uparrow", "↑", Class::relation},
    {"downarrow", "↓", Class::relation},
    {"therefore", "∴", Class::relation},
    // Brackets.
    {"{", "{", Class::open},
    {"}", "}", Class::close},
    {"lbrace", "{", Class::open},
    {"rbrace", "}", Class::close},
    {"langle", "⟨", Class::open},
    {"rangle", "⟩", Class::close},
    {"lvert", "|", Class::open},
    {"rvert", "|", Class::close},
    {"lVert", "‖", Class::open},
    {"rVert", "‖", Class::close},
    {"lfloor", "⌊", Class::open},
    {"rfloor", "⌋", Class::close},
    {"lceil", "⌈", Class::open},
    {"rceil", "⌉", Class::close},
};

struct Accent {
  std::string_view name;
  std::string_view mark;
};

constexpr Accent kAccents[] = {
    {"hat", "\u0302"},      {"widehat", "\u0302"}, {"bar", "\u0304"},
    {"overline", "\u0305"}, {"tilde", "\u0303"},   {"widetilde", "\u0303"},
    {"vec", "\u20D7"},      {"dot", "\u0307"},     {"ddot", "\u0308"},
    {"check", "\u030C"},    {"breve", "\u0306"},   {"underline", "\u0332"},
};

constexpr Accent kDoubleStruck[] = {
    {"R", "ℝ"}, {"N", "ℕ"}, {"Z", "ℤ"}, {"Q", "ℚ"}, {"C", "ℂ"},
    {"P", "ℙ"}, {"H", "ℍ"}, {"E", "𝔼"}, {"V", "𝕍"}, {"I", "𝕀"},
    {"F", "𝔽"}, {"K", "𝕂"}, {"S", "𝕊"}, {"D", "𝔻"}, {"1", "𝟙"},
};

constexpr Accent kScript[] = {
    {"B", "ℬ"}, {"E", "ℰ"}, {"F", "ℱ"}, {"H", "ℋ"}, {"I", "ℐ"}, {"L", "ℒ"},
    {"M", "ℳ"}, {"R", "ℛ"}, {"A", "𝒜"}, {"C", "𝒞"}, {"D", "𝒟"}, {"G", "𝒢"},
    {"N", "𝒩"}, {"O", "𝒪"}, {"P", "𝒫"}, {"S", "𝒮"}, {"T", "𝒯"}, {"U", "𝒰"},
    {"V", "𝒱"}, {"X", "𝒳"}, {"Y", "𝒴"}, {"Z", "𝒵"},
};

template <std::size_t N>
std::string_view found(const Accent (&table)[N], std::string_view name) {
  const auto* entry =
      std::find_if(std::begin(table), std::end(table),
                   [&](const Accent& accent) { return accent.name == name; });
  return entry == std::end(table) ? std::string_view() : entry->mark;
}

}  // namespace

const Symbol* find_symbol(std::string_view name) {
  const auto* symbol =
      std::find_if(std::begin(kSymbols), std::end(kSymbols),
                   [&](const Symbol& entry) { return entry.name == name; });
  return symbol == std::end(kSymbols) ? nullptr : symbol;
}

Class class_of(std::string_view character) {
  if (character == "=" || character == "<" || character == ">" ||
      character == ":") {
    return Class::relation;
  }
  if (character == "+" || character == "−" || character == "*") {
    return Class::binary;
  }
  if (character == "(" || character == "[") return Class::open;
  if (character == ")" || character == "]" || character == "!") {
    return Class::close;
  }
  if (character == "," || character == ";" || character == ".") {
    return Class::punctuation;
  }
  const auto* symbol = std::find_if(
      std::begin(kSymbols), std::end(kSymbols),
      [&](const Symbol& entry) { return entry.text == character; });
  return symbol == std::end(kSymbols) || character == "|" ? Class::ordinary
                                                          : symbol->kind;
}

std::string in_alphabet(std::string_view alphabet, std::string_view letters) {
  std::string text;
  for (std::size_t i = 0; i < letters.size();) {
    const std::size_t end = next_character(letters, i);
    const std::string_view letter = letters.substr(i, end - i);
    const std::string_view other =
        alphabet == "mathbb"    ? found(kDoubleStruck, letter)
        : alphabet == "mathcal" ? found(kScript, letter)
                                : std::string_view();
    text += other.empty() ? letter : other;
    i = end;
  }
  return text;
}

std::string_view accent_mark(std::string_view command) {
  return found(kAccents, command);
}

}  // namespace wb::maths
