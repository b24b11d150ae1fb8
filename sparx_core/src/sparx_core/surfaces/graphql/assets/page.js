// The page of /graphql: GraphiQL with a field for the key, which is kept in this tab alone.
(function () {
  "use strict";
  var NAME = "sparx-key";
  var input = document.getElementById("key");
  input.value = sessionStorage.getItem(NAME) || "";

  function fetcher(parameters, options) {
    var headers = { Accept: "application/graphql-response+json", "Content-Type": "application/json" };
    if (input.value) headers.Authorization = "Bearer " + input.value.trim();
    Object.assign(headers, (options && options.headers) || {});
    return fetch("/graphql", {
      method: "POST",
      headers: headers,
      body: JSON.stringify(parameters),
      credentials: "omit",
    }).then(function (answer) { return answer.json(); });
  }

  var root = ReactDOM.createRoot(document.getElementById("graphiql"));
  var shown = 0;

  // Another key sees another schema, so everything is asked for anew.
  function show() {
    shown += 1;
    root.render(React.createElement(GraphiQL, {
      key: shown,
      fetcher: fetcher,
      shouldPersistHeaders: false,
      defaultEditorToolsVisibility: "variables",
      defaultQuery: "# Enter an API key above: what it may see is the schema here.\n{\n  __typename\n}\n",
    }));
  }

  document.getElementById("enter").addEventListener("submit", function (event) {
    event.preventDefault();
    sessionStorage.setItem(NAME, input.value.trim());
    show();
  });
  show();
})();
