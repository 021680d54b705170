// What the search of a built site finds, by the site's own code and index: `node search.js SITE 'a query' ...` prints, for each query,
// the names of the pages, the best first.
'use strict';
const { readFileSync } = require('fs');
const { createContext, runInContext } = require('vm');

const [site, ...queries] = process.argv.slice(2);
// As much of a browser as is touched by a search that shows nothing.
const browser = createContext({
  window: {},
  document: { getElementById: () => null },
  SPHINX_HIGHLIGHT_ENABLED: false,
  _ready: () => undefined,
  _: (text) => text,
});
// The names that a script gives to `window` are global ones in a browser.
const load = (file) => {
  runInContext(readFileSync(`${site}/${file}`, 'utf8'), browser, { filename: file });
  Object.assign(browser, browser.window);
};
['_static/language_data.js', '_static/searchtools.js', 'searchindex.js'].forEach(load);

const search = runInContext('(query) => Search._performSearch(...Search._parseQuery(query))', browser);
// The best one is the last.
const pages = (query) => [...new Set(search(query).reverse().map(([page]) => page))];
console.log(JSON.stringify(Object.fromEntries(queries.map((query) => [query, pages(query)]))));
