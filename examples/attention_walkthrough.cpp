// Who looks at whom in a sentence of nine words, as a heat map.
//
// Embeddings and projections are made by hand, so that the weights can be
// followed with pencil and paper. A model learns its own, with thousands of
// numbers a word that mean nothing to us; what is done with them is the same.
#include <whiteboard/llm/scaled_dot_product_attention.hpp>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

using namespace whiteboard;

namespace {

const std::vector<std::string> words{
    "the", "cat", "drank", "the", "milk", "because", "it", "was", "thirsty"};
const std::vector<std::string> features{"noun", "animate", "verb", "pronoun",
                                        "adjective"};

/// What each word is: a row of features, 1 where it has one.
Matrix embeddings() {
  Matrix X = Matrix::Zero(9, 5);
  X.row(1) << 1, 1, 0, 0, 0;  // cat
  X.row(2) << 0, 0, 1, 0, 0;  // drank
  X.row(4) << 1, 0, 0, 0, 0;  // milk
  X.row(6) << 0, 0, 0, 1, 0;  // it
  X.row(7) << 0, 0, 1, 0, 0;  // was
  X.row(8) << 0, 0, 0, 0, 1;  // thirsty
  return X;
}

/// What a word with each feature looks for: row "pronoun" says that one looks
/// for a noun, and for an animate one even more.
Matrix query_projection() {
  Matrix W = Matrix::Zero(5, 5);
  W.row(2) << 4, 0, 0, 4, 0;  // a verb looks for nouns and pronouns
  W.row(3) << 4, 4, 0, 0, 0;  // a pronoun for nouns, best animate
  W.row(4) << 0, 4, 0, 6, 0;  // an adjective for whom it describes
  return W;
}

const char* shade(double weight) {
  const char* shades[] = {" ", "░", "▒", "▓", "█"};
  return shades[weight < 0.03   ? 0
                : weight < 0.15 ? 1
                : weight < 0.35 ? 2
                : weight < 0.65 ? 3
                                : 4];
}

/// A cell holds its weight in percent and a shade to see it from afar.
void draw(const Matrix& weights) {
  std::printf("%8s", "");
  for (const auto& word : words) std::printf("%8s", word.c_str());
  std::printf("\n");
  for (Eigen::Index i = 0; i < weights.rows(); ++i) {
    std::printf("%8s", words[static_cast<std::size_t>(i)].c_str());
    for (const double weight : weights.row(i)) {
      const char* ink = shade(weight);
      if (weight == 0.0) {
        std::printf("%8s", "-");
      } else {
        std::printf("  %s%s%s%3.0f", ink, ink, ink, 100.0 * weight);
      }
    }
    std::printf("\n");
  }
}

void draw_features(const char* title, const VectorRef& values) {
  std::printf("%s", title);
  for (Eigen::Index j = 0; j < values.size(); ++j) {
    std::printf("  %s %.2f", features[static_cast<std::size_t>(j)].c_str(),
                values(j));
  }
  std::printf("\n");
}

void run() {
  const Matrix X = embeddings();
  const Matrix Q = X * query_projection();  // what each word looks for
  const Matrix& K = X;                      // what it offers
  const Matrix& V = X;                      // what it hands over

  std::printf("Weights in percent: each row looks at the columns.\n\n");
  draw(llm::attention_weights(Q, K));
  std::printf(
      "\n\"it\" scores %g for \"cat\": 8 / sqrt(5). \"the\" looks for nothing,"
      "\nso it looks everywhere alike.\n\n",
      llm::attention_scores(Q, K)(6, 1));

  const Matrix output = llm::attention(Q, K, V);
  draw_features("\"it\" was   ", X.row(6).transpose());
  draw_features("and takes  ", output.row(6).transpose());

  std::printf("\nThe same with a causal mask: nobody sees what follows.\n\n");
  draw(llm::attention_weights(Q, K, {.causal = true}));
  std::printf("\nEmbeddings and projections were made by hand for this.\n");
}

}  // namespace

int main() try { run(); } catch (const std::exception& error) {
  std::fprintf(stderr, "attention_walkthrough: %s\n", error.what());
  return 1;
}
