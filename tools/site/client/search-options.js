// How the index is made and read: both sides must agree.
export const searchOptions = {
  fields: ['title', 'text', 'question'],
  storeFields: ['kind', 'title', 'excerpt', 'question', 'url'],
  tokenize: text => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean),
  searchOptions: {
    boost: { title: 3, question: 1.5 },
    prefix: term => term.length > 2,
    fuzzy: term => term.length > 4 ? 0.2 : false,
    combineWith: 'AND'
  }
}
